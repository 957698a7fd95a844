/** The item in the status bar: whether the server runs, and how many findings it shows. */

import * as vscode from "vscode";
import { type ServerState } from "./server";

const SOURCE = "celery-oom";

export class StatusItem implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem("celery-oom", vscode.StatusBarAlignment.Left);
  private readonly listener = vscode.languages.onDidChangeDiagnostics(() => this.show(this.state));
  private state: ServerState = "off";

  constructor() {
    this.item.name = "Celery OOM";
  }

  show(state: ServerState): void {
    this.state = state;
    if (state === "off") {
      this.item.hide();
      return;
    }
    const count = findings();
    const told = count === 1 ? "1 finding" : `${count} findings`;
    this.item.text = { starting: "$(sync~spin) Celery", running: `$(pulse) Celery: ${count}`, failed: "$(error) Celery" }[state];
    this.item.tooltip = {
      starting: "celery-oom is starting",
      running: `celery-oom runs: ${told}. Click for the workers of this project.`,
      failed: "celery-oom does not run. Click for its log.",
    }[state];
    this.item.command = state === "failed" ? "celeryOom.showLog" : "celeryOom.showWorkers";
    this.item.show();
  }

  dispose(): void {
    this.listener.dispose();
    this.item.dispose();
  }
}

function findings(): number {
  const all = vscode.languages.getDiagnostics().flatMap(([, found]) => found);
  return all.filter((one) => one.source === SOURCE).length;
}
