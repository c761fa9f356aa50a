import type { ReactNode } from "react";

function icon(content: ReactNode, filled = false) {
  return function Icon() {
    return (
      <svg
        className="icon"
        viewBox="0 0 16 16"
        aria-hidden="true"
        focusable="false"
        fill={filled ? "currentColor" : "none"}
        stroke={filled ? "none" : "currentColor"}
        strokeWidth="1.5"
        strokeLinecap="round"
        strokeLinejoin="round"
      >
        {content}
      </svg>
    );
  };
}

export const PlayIcon = icon(
  <path d="M4.500 2.700v10.600c0 .5.500.800.900.500l8.100-5.300a.6.6 0 0 0 0-1L5.400 2.200c-.4-.3-.9 0-.9.500Z" />,
  true,
);
export const StopIcon = icon(<rect x="3.500" y="3.500" width="9" height="9" rx="1.500" />, true);
export const SearchIcon = icon(<path d="M7 11.500a4.500 4.500 0 1 0 0-9 4.500 4.500 0 0 0 0 9ZM10.500 10.500l3 3" />);
export const KeyIcon = icon(<path d="M5.500 13a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM7.700 7.800 13 2.500M10.500 5l2 2" />);
export const CloseIcon = icon(<path d="m3.500 3.500 9 9M12.500 3.500l-9 9" />);
export const PlusIcon = icon(<path d="M8 3v10M3 8h10" />);
export const TrashIcon = icon(
  <path d="M2.500 4h11M6 4V2.500h4V4M4 4l.6 9a.7.7 0 0 0 .7.500h5.400a.7.7 0 0 0 .7-.500L12 4" />,
);
export const UndoIcon = icon(<path d="M3 6.500h6.500a3.500 3.500 0 0 1 0 7H6M3 6.500 6 3.500M3 6.500l3 3" />);
export const CopyIcon = icon(<path d="M5.500 5.500h8v8h-8zM10.500 2.500h-8v8" />);
export const CheckIcon = icon(<path d="m3 8.500 3.500 3.500L13 4.500" />);
export const WarnIcon = icon(<path d="M8 2.500 1.500 13.500h13L8 2.500ZM8 6.500v3.500M8 11.900v.1" />);
export const InfoIcon = icon(
  <path d="M8 14.500a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13ZM8 7.500v3.500M8 5v.1" />,
);
export const DownloadIcon = icon(<path d="M8 2.500v8M4.500 7.500 8 11l3.500-3.500M2.500 13.500h11" />);
export const SunIcon = icon(
  <path d="M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM8 1.500v1M8 13.500v1M1.500 8h1M13.500 8h1M3.400 3.400l.7.7M11.900 11.900l.7.7M3.400 12.600l.7-.7M11.900 4.100l.7-.7" />,
);
export const MoonIcon = icon(<path d="M13.500 9.500A6 6 0 0 1 6.500 2.500a6 6 0 1 0 7 7Z" />);
export const SystemIcon = icon(<path d="M2 3h12v8H2zM5.500 13.500h5M8 11v2.500" />);
export const ChevronIcon = icon(<path d="m5.500 3.500 4.500 4.500-4.500 4.500" />);
export const ReplayIcon = icon(<path d="M3 8a5 5 0 1 0 1.700-3.800L3 5.500M3 2.500v3h3" />);
