/** Whether a workspace has to do with Celery: some file that the server reads has the word in it. */

import * as vscode from "vscode";
import { patterns } from "./kinds.json";

/** Files that say so first, where anybody does. */
const LIKELY = "**/{*requirements*,pyproject.toml,Pipfile,setup.*,*.lock,*compose*.yml,*compose*.yaml,Procfile*,celery*.py}";
const FOREIGN = "**/{.git,.hg,.tox,.nox,.venv,venv,node_modules,site-packages,__pycache__}/**";
const MOST_FILES = 20_000;
const AT_ONCE = 16;

export async function workspaceMentionsCelery(): Promise<boolean> {
  for (const pattern of [LIKELY, `{${patterns.join(",")}}`]) {
    const files = await vscode.workspace.findFiles(pattern, FOREIGN, MOST_FILES);
    for (let start = 0; start < files.length; start += AT_ONCE) {
      const found = await Promise.all(files.slice(start, start + AT_ONCE).map(fileMentionsCelery));
      if (found.includes(true)) {
        return true;
      }
    }
  }
  return false;
}

export function textMentionsCelery(text: string): boolean {
  return text.includes("elery") || text.includes("ELERY");
}

async function fileMentionsCelery(file: vscode.Uri): Promise<boolean> {
  try {
    const data = Buffer.from(await vscode.workspace.fs.readFile(file));
    return data.includes("elery") || data.includes("ELERY");
  } catch {
    return false; // gone meanwhile, or not to be read
  }
}
