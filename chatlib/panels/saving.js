// O que se salva com o notebook: os widgets que ele mostra, como estavam, tenham kernel ou não.
//
// Quando o JupyterLab salva os widgets, salva só os que têm kernel, e apaga os outros do arquivo: quem
// abrisse um notebook apenas para ler destruiria a conversa. Além disso, marca o notebook como não salvo
// ao abri-lo, e guarda até o que nenhuma célula mostra mais. Por isso essa opção fica desligada (lab.py)
// e quem salva é este módulo; mesmo com ela ligada, ele devolve ao arquivo o que ela apagou.

const STATE = "application/vnd.jupyter.widget-state+json";
const VIEW = "application/vnd.jupyter.widget-view+json";
const KEEPER = Symbol.for("chatlib.keeper"); // um por notebook, seja de que painel for
const PAUSE = 1000; // milissegundos entre olhadas: se o kernel se for, perde-se no máximo isso

// Os números dos widgets que as saídas mostram, e os que esses contêm.
function shownIn(notebook, states) {
  const outputs = notebook.toJSON().cells.flatMap((cell) => cell.outputs ?? []);
  const found = new Set(outputs.map((output) => output.data?.[VIEW]?.model_id).filter((id) => id in states));
  for (const id of found) { // um Set percorre também o que se acrescenta no caminho
    const { _esm, _css, ...state } = states[id].state;
    for (const [, child] of JSON.stringify(state).matchAll(/"IPY_MODEL_([^"]+)"/g)) {
      if (child in states) found.add(child);
    }
  }
  return found;
}

function createKeeper(manager, context) {
  const notebook = context.model;
  const saved = () => notebook.getMetadata("widgets")?.[STATE]?.state ?? {};
  const known = saved(); // o último estado que se soube de cada widget
  let timer = null;
  let saving = false;
  let late = false; // mudou enquanto o arquivo era gravado

  function look() {
    timer = null;
    const { state, ...version } = manager.get_state_sync({ drop_defaults: true }); // só os que têm kernel
    Object.assign(known, state);
    return version;
  }

  function store() {
    const version = look();
    const states = { ...saved(), ...known };
    const state = Object.fromEntries([...shownIn(notebook, states)].map((id) => [id, states[id]]));
    const before = notebook.getMetadata("widgets");
    if (!before && !Object.keys(state).length) return;
    notebook.setMetadata("widgets", { ...before, [STATE]: { ...version, state } });
  }

  context.saveState.connect((_, phase) => {
    saving = phase === "started";
    if (saving) store();
    else if (late) notebook.dirty = true;
    late = false;
  });

  return {
    // Se alguma célula mostra o widget ``id``. Fechado o notebook, não se sabe: é como se mostrasse.
    shows(id) {
      if (context.isDisposed || notebook.isDisposed) return true;
      look();
      return shownIn(notebook, { ...saved(), ...known }).has(id);
    },
    // O widget ``id`` tem estas linhas para salvar: se são outras, o notebook deixa de estar salvo.
    note(id, lines) {
      const before = known[id]?.state.saved ?? [];
      if (before.length === lines.length && before.every((line, i) => `${line}` === `${lines[i]}`)) return;
      notebook.dirty = true;
      late = saving;
      timer ??= setTimeout(look, PAUSE);
    },
  };
}

// Quem guarda os widgets do notebook em que este painel está; fora do JupyterLab, ninguém.
function keepWithNotebook(manager) {
  const context = manager?.context;
  if (!context?.saveState) return { shows: () => true, note() {} };
  return (context[KEEPER] ??= createKeeper(manager, context));
}
