/** The language server: which program it is, and its life. */

import { access } from "node:fs/promises";
import * as path from "node:path";
import * as vscode from "vscode";
import { type DocumentFilter, LanguageClient, type LanguageClientOptions, State } from "vscode-languageclient/node";
import { languages, patterns } from "./kinds.json";

export type ServerState = "off" | "starting" | "running" | "failed";

const NAME = process.platform === "win32" ? "celery-oom.exe" : "celery-oom";
const PROGRAMS = process.platform === "win32" ? "Scripts" : "bin";

export class Server {
  /** Whether somebody wants it to run, whether it does or not. */
  isWanted = false;
  private client: LanguageClient | undefined;
  /** What was asked for last; starts and stops follow one another. */
  private last: Promise<void> = Promise.resolve();

  constructor(
    private readonly log: vscode.OutputChannel,
    private readonly tell: (state: ServerState) => void,
  ) {}

  start(): Promise<void> {
    this.isWanted = true;
    return this.next(() => this.started());
  }

  stop(): Promise<void> {
    this.isWanted = false;
    return this.next(() => this.stopped());
  }

  restart(): Promise<void> {
    this.isWanted = true;
    return this.next(async () => {
      await this.stopped();
      await this.started();
    });
  }

  /** The inventory of a folder's workers as a page. */
  async workers(folder: vscode.Uri): Promise<string> {
    if (this.client?.state !== State.Running) {
      throw new Error("celery-oom does not run");
    }
    const argument = { command: "celery-oom.workers", arguments: [folder.toString()] };
    return this.client.sendRequest<string>("workspace/executeCommand", argument);
  }

  private next(step: () => Promise<void>): Promise<void> {
    this.last = this.last.then(step, step);
    return this.last;
  }

  private async started(): Promise<void> {
    if (this.client !== undefined) {
      return;
    }
    this.tell("starting");
    const settings = vscode.workspace.getConfiguration("celeryOom");
    const [command = NAME, ...first] = await program(settings.get<string[]>("command", []));
    const logFile = settings.get<string>("logFile", "");
    const args = [...first, "lsp", ...(logFile ? ["--log", logFile] : [])];
    this.log.appendLine(`starting ${[command, ...args].join(" ")}`);
    const client = new LanguageClient("celeryOom", "Celery OOM", { command, args }, this.options(settings));
    client.onDidChangeState(({ newState }) => {
      if (this.client === client && newState === State.Running) {
        this.tell("running");
      } else if (this.client === client && newState === State.Stopped) {
        this.tell("failed");
      }
    });
    this.client = client;
    try {
      await client.start();
    } catch (error) {
      this.tell("failed");
      this.log.appendLine(String(error));
      void this.explain(command);
    }
  }

  private async stopped(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    this.tell("off");
    if (client?.state === State.Running) {
      await client.stop();
    }
    await client?.dispose();
  }

  private options(settings: vscode.WorkspaceConfiguration): LanguageClientOptions {
    const documentSelector: DocumentFilter[] = [
      ...patterns.map((pattern) => ({ scheme: "file", pattern })),
      ...languages.map((language) => ({ scheme: "file", language })),
    ];
    return {
      documentSelector,
      initializationOptions: { inlayHints: settings.get<boolean>("inlayHints", false) },
      outputChannel: this.log,
    };
  }

  private async explain(command: string): Promise<void> {
    const chosen = await vscode.window.showErrorMessage(
      `Celery OOM: ${command} could not be started as a language server. Install it with: pip install 'flake8-celery-oom[lsp]'`,
      "Show Log",
      "Settings",
    );
    if (chosen === "Show Log") {
      this.log.show();
    } else if (chosen === "Settings") {
      await vscode.commands.executeCommand("workbench.action.openSettings", "celeryOom.command");
    }
  }
}

/** The program to start. What lies in a folder counts only where the user trusts that folder. */
async function program(chosen: string[]): Promise<string[]> {
  if (chosen.length > 0) {
    return chosen;
  }
  for (const folder of vscode.workspace.isTrusted ? await environments() : []) {
    const found = path.join(folder, NAME);
    if (await exists(found)) {
      return [found];
    }
  }
  return [NAME];
}

/** Folders of programs: of the interpreter that the Python extension has chosen, and of the workspace's own. */
async function environments(): Promise<string[]> {
  const found: string[] = [];
  const python = vscode.extensions.getExtension("ms-python.python");
  const folders = vscode.workspace.workspaceFolders ?? [];
  if (python !== undefined) {
    const api = await python.activate();
    const interpreter: unknown = api?.environments?.getActiveEnvironmentPath?.(folders[0]?.uri)?.path;
    if (typeof interpreter === "string" && path.isAbsolute(interpreter)) {
      found.push(path.dirname(interpreter));
    }
  }
  for (const folder of folders) {
    found.push(...[".venv", "venv"].map((name) => path.join(folder.uri.fsPath, name, PROGRAMS)));
  }
  return found;
}

async function exists(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch {
    return false;
  }
}
