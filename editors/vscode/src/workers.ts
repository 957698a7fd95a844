/** The page with the workers of a folder. It has no scripts, and may load nothing. */

import * as vscode from "vscode";
import { type Server } from "./server";

const POLICY = `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`;

export class WorkerPage implements vscode.Disposable {
  private panel: vscode.WebviewPanel | undefined;

  constructor(private readonly server: Server) {}

  async show(): Promise<void> {
    const folder = await chosenFolder();
    if (folder === undefined) {
      return;
    }
    try {
      const page = await this.server.workers(folder.uri);
      this.panel ??= this.opened();
      this.panel.title = `Workers of ${folder.name}`;
      this.panel.webview.html = page.replace("<head>", `<head>\n${POLICY}`);
      this.panel.reveal();
    } catch (error) {
      void vscode.window.showErrorMessage(`Celery OOM: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  private opened(): vscode.WebviewPanel {
    const panel = vscode.window.createWebviewPanel("celeryOom.workers", "Workers", vscode.ViewColumn.Beside, {
      enableScripts: false,
      localResourceRoots: [],
    });
    panel.onDidDispose(() => (this.panel = undefined));
    return panel;
  }

  dispose(): void {
    this.panel?.dispose();
  }
}

async function chosenFolder(): Promise<vscode.WorkspaceFolder | undefined> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const edited = vscode.window.activeTextEditor?.document.uri;
  const current = edited && vscode.workspace.getWorkspaceFolder(edited);
  return current ?? (folders.length > 1 ? vscode.window.showWorkspaceFolderPick() : folders[0]);
}
