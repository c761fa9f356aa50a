import { createRoot } from "react-dom/client";
import { App } from "./app";
import { applyTheme, storedTheme } from "./parts/theme";
import "./styles/base.css";
import "./styles/parts.css";

applyTheme(storedTheme());
createRoot(document.getElementById("root") as HTMLElement).render(<App />);
