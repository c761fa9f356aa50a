"""AgentScope's own server, run by the Python of its own environment: `peer_server.py <port> <folder>`."""

from __future__ import annotations

import sys

import uvicorn
from agentscope.app import create_app
from agentscope.app.message_bus import InMemoryMessageBus
from agentscope.app.storage._sql import AsyncSQLAlchemyStorage
from agentscope.app.workspace_manager import LocalWorkspaceManager


def main(port: int, folder: str) -> None:
    app = create_app(
        storage=AsyncSQLAlchemyStorage(f"sqlite+aiosqlite:///{folder}/agentscope.db"),
        message_bus=InMemoryMessageBus(),
        workspace_manager=LocalWorkspaceManager(folder),
        enable_scheduler=False,
        enable_channel_worker=False,
        enable_index_worker=False,
    )
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
