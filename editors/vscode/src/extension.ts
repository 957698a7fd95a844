/** Starts `celery-oom lsp` in workspaces that mention Celery, and shows how it is. */

import * as vscode from "vscode";
import { Server } from "./server";
import { StatusItem } from "./status";
import { textMentionsCelery, workspaceMentionsCelery } from "./celery";
import { WorkerPage } from "./workers";

let server: Server | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const log = vscode.window.createOutputChannel("Celery OOM");
  const status = new StatusItem();
  const running = new Server(log, (state) => status.show(state));
  const page = new WorkerPage(running);
  server = running;
  context.subscriptions.push(
    log,
    status,
    page,
    vscode.commands.registerCommand("celeryOom.restart", () => running.restart()),
    vscode.commands.registerCommand("celeryOom.showWorkers", () => page.show()),
    vscode.commands.registerCommand("celeryOom.showLog", () => log.show()),
    vscode.workspace.onDidChangeConfiguration(async (event) => {
      if (event.affectsConfiguration("celeryOom")) {
        await running.stop();
        await startWhereWanted(running);
      }
    }),
    vscode.workspace.onDidChangeWorkspaceFolders(() => startWhereWanted(running)),
    vscode.workspace.onDidGrantWorkspaceTrust(() => (running.isWanted ? running.restart() : undefined)),
    vscode.workspace.onDidOpenTextDocument((document) => startForText(running, document)),
    vscode.workspace.onDidSaveTextDocument((document) => startForText(running, document)),
  );
  await startWhereWanted(running);
}

export async function deactivate(): Promise<void> {
  await server?.stop();
}

async function startWhereWanted(running: Server): Promise<void> {
  const enable = vscode.workspace.getConfiguration("celeryOom").get<string>("enable", "auto");
  if (enable === "always" || (enable === "auto" && !running.isWanted && (await workspaceMentionsCelery()))) {
    await running.start();
  }
}

/** Celery came into a workspace that did not mention it. */
async function startForText(running: Server, document: vscode.TextDocument): Promise<void> {
  const enable = vscode.workspace.getConfiguration("celeryOom").get<string>("enable", "auto");
  const isOfWorkspace = document.uri.scheme === "file" && vscode.workspace.getWorkspaceFolder(document.uri);
  if (enable === "auto" && !running.isWanted && isOfWorkspace && textMentionsCelery(document.getText())) {
    await running.start();
  }
}
