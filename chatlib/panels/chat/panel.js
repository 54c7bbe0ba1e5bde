// O painel do chat, do lado da página. O lado do kernel está em panel.py.
//
// Cada remessa do kernel traz { all, first, start, lines, state, note, … }: o número da primeira
// linha que vem e o da primeira à vista, as linhas, o estado da conexão e uma frase sobre ele.

const SAVED = "Esta é a conversa que foi salva com o notebook. Para voltar à sala, rode de novo a célula.";
const TO_SAVE = 50; // linhas salvas com o notebook
const LINGER = 2000; // milissegundos: uma vista que sai pode dar lugar a outra
const ANSWER = 4000; // milissegundos que se espera do kernel: depois, o navegador já não deixa copiar
const LIGHTS = { conectado: "on", desconectado: "off" };

// Um campo com o seu nome em cima e, embaixo, o que houver de errado com ele.
function createField(label, placeholder, type = "text") {
  const node = create("label", "chatlib-field");
  const input = create("input", "chatlib-input", "", { type, autocomplete: "off", placeholder });
  const error = create("span", "chatlib-error", "", { role: "alert" });
  node.append(create("span", "", label), input, error);
  return {
    node,
    input,
    complain(text) {
      write(error, text);
      input.setAttribute("aria-invalid", Boolean(text));
    },
  };
}

function createJoin(enter) {
  const form = create("form", "chatlib-join");
  const apelido = createField("Apelido", "como a sala vai chamar você");
  const address = createField("Endereço", "computador:porta");
  const password = createField("Senha", "a senha da sala", "password");
  password.node.hidden = true; // só aparece se a sala a pede
  form.append(apelido.node, address.node, password.node, create("button", "chatlib-button chatlib-main", "Entrar", { type: "submit" }));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    enter(apelido.input.value, address.input.value, password.input.value);
    password.input.value = ""; // daqui em diante, quem a sabe é o kernel
  });
  return { node: form, apelido, address, password };
}

// Cada painel tem a sua cópia deste módulo, e destas variáveis.
const views = new Set(); // as vistas dele que há na página
const taken = new Set(); // os números dos textos que voltaram do kernel para a caixa de alguma delas
let closed = false; // se foi encerrado
let id = ""; // o número do widget

function render({ model, el }) {
  const view = Math.random().toString(36).slice(2); // qual das vistas deste painel é esta
  let next = null; // o número da próxima linha a mostrar; null até o histórico chegar
  let now = { state: "conectando", note: "", field: "", people: [] }; // o último estado que se soube
  let countdown = 0;
  let late = null; // o relógio de quem espera pelo que ninguém tomou de volta
  let shown = 0; // quantas linhas ficam na página: o kernel diz
  let toSave = []; // [número, linha] das linhas que se salvam
  const keeper = keepWithNotebook(model.widget_manager);

  const root = createFrame("chatlib-chat");
  const scale = followScale(model, root);
  function resize(factor) {
    const saved = model.get("saved");
    model.set("saved", []); // a conversa salva não viaja junto com o tamanho
    scale.resize(factor);
    model.set("saved", saved);
  }
  const leave = createTool("Sair", "Sair da sala", () => model.send({ type: "leave" }));
  const header = createHeader("Chat", resize,
    createTool("Copiar", "Copiar a conversa, sem o que se disse em particular", copyTalk),
    createTool("Limpar", "Limpar a conversa deste painel", () => model.send({ type: "clear" })),
    leave,
  );
  const timer = create("span", "chatlib-timer", "", { "aria-hidden": "true" });
  header.state.after(timer);

  const note = create("div", "chatlib-note");
  const why = create("span", "", "", { role: "status" });
  const retry = create("button", "chatlib-button", "Tentar agora", { type: "button" });
  retry.addEventListener("click", () => model.send({ type: "retry" }));
  note.append(why, retry);

  const form = createForm((text) => {
    const said = withBlanks(withNames(text, now.people));
    model.send({ type: "write", text: said, view, number: pending.add(said) });
    return true;
  });
  const people = createPeople(form.talkTo);
  const log = createLog();
  const pending = createPending(() => model.send({ type: "hold" }));
  let saveDraft = () => {};
  const join = createJoin((apelido, address, password) => {
    focusNext = true;
    model.send({ type: "enter", apelido, address, password });
  });
  let focusNext = false; // quem entrou pelo formulário quer escrever em seguida
  root.append(header.node, people.node, log.node, pending.node, note, join.node, form.node);

  function showState(change) {
    const before = now;
    const focused = root.contains(document.activeElement);
    now = { ...now, ...change };
    const online = now.state === "conectado";
    const out = now.state === "desconectado";
    root.dataset.state = now.state;
    header.show(now.unreached ? UNREACHED : now.state, now.unreached ? "wait" : LIGHTS[now.state] ?? "wait");
    if (before.state !== now.state || before.wait !== now.wait) {
      showCountdown(now.state === "reconectando" ? now.wait : 0);
    }
    write(why, now.field ? "" : now.note);
    note.hidden = !why.textContent;
    retry.hidden = now.state !== "reconectando";
    leave.hidden = out;
    join.node.hidden = !out || now.closed;
    form.node.hidden = out && (now.closed || now.gone || !next);
    if (online || now.field === "password") join.password.node.hidden = online;
    for (const field of ["apelido", "address", "password"]) join[field].complain(now.field === field ? now.note : "");
    if (before.state !== now.state && out) {
      join.apelido.input.value = now.apelido ?? "";
      join.address.input.value = now.address ?? "";
    }
    if (before.people !== now.people || before.apelido !== now.apelido) {
      people.show(now.people, now.apelido);
      form.learn({ people: now.people.filter((other) => other !== now.apelido) });
    }
    form.learn({ online, hoping: ["conectando", "reconectando"].includes(now.state) });
    if (online && focusNext) form.node.querySelector("textarea").focus();
    if (out && focusNext && now.field) keepFocus(out);
    focusNext &&= now.state === "conectando";
    if (focused && !root.contains(document.activeElement)) keepFocus(out);
  }

  // O que tinha o foco sumiu da tela: ele vai para onde há o que fazer.
  function keepFocus(out) {
    const field = join[now.field] ?? join.apelido;
    (out && !join.node.hidden ? field.input : root).focus();
  }

  function showCountdown(seconds) {
    clearTimeout(countdown);
    timer.textContent = seconds > 0 ? `em ${seconds} s` : "";
    if (seconds > 0) countdown = setTimeout(showCountdown, 1000, seconds - 1);
  }

  function showNews(news) {
    if (news.talk || news.eyes) return; // não são notícias
    if (next === null && !news.all) return; // o histórico, já pedido, a trará
    if (news.all) log.limit(shown = news.shown);
    if (next === null) log.keep(0); // o que se lia era a conversa salva
    now.gone = false;
    // Remessas se perdem se o notebook imprime demais: um buraco se conserta com o histórico.
    if (next < news.first && !news.all && news.lines.length < shown) return ask();
    const fresh = news.lines.slice(Math.max(0, (next ?? 0) - news.first));
    const isNews = next !== null;
    next = Math.max(next ?? 0, news.first + news.lines.length);
    log.add(fresh, next - fresh.length, isNews);
    if (!isNews) saveDraft = keepDraft(form.node.querySelector("textarea"), news.model);
    id = news.model ?? id;
    saveWith(news);
    log.keep(Math.min(shown, next - news.start));
    if (news.commands) form.learn({ commands: news.commands, limit: news.max_text });
    pending.learn(news.pending, news.heard?.[view]);
    takeBack(news.unsent);
    const { lines, all, first, ...rest } = news;
    showState(rest);
    if (all && !isNews) bringIntoView(root);
  }

  // O que não saiu volta a quem escreveu ou, se aquela vista já não existe, como depois de F5, a quem está aqui.
  function takeBack(unsent) {
    give(unsent.filter(([, from]) => from === view));
    if (!unsent.every(([, from]) => views.has(from)) && view === [...views][0]) {
      late ??= setTimeout(() => {
        late = null;
        give(now.unsent.filter(([, from]) => !views.has(from)));
      }, LINGER);
    }
  }

  function give(unsent) {
    const fresh = unsent.filter(([number]) => !taken.has(number));
    if (!fresh.length) return;
    for (const [number] of fresh) taken.add(number);
    model.send({ type: "taken", numbers: fresh.map(([number]) => number) });
    form.giveBack(fresh.filter(([, , , refused]) => !refused).map(([, , text]) => text));
    form.offer(fresh.filter(([, , , refused]) => refused).map(([, , text]) => text));
  }

  // Sem save_changes, isto não vai ao kernel: só ao arquivo, quando o notebook é salvo. Quem abrir o
  // arquivo o lerá: o que se disse em particular fica fora dele.
  function saveWith({ all, first, start, lines }) {
    const before = all ? [] : toSave.filter(([number]) => number < first);
    toSave = before.concat(lines.map((line, index) => [first + index, line]))
      .filter(([number, [, , , , flags]]) => number >= start && !flags.includes("p"))
      .slice(-TO_SAVE);
    model.set("saved", toSave.map(([, line]) => line));
    keeper.note(id, model.get("saved"));
  }

  function showName() {
    const apelido = model.get("apelido");
    header.name.textContent = apelido || "Chat";
    root.setAttribute("aria-label", apelido ? `Chat de ${apelido}` : "Chat");
  }

  // A conversa toda está no kernel; sem ele, vale o que se salvou.
  function copyTalk(event) {
    const talk = now.gone ? Promise.resolve(model.get("saved") ?? []) : new Promise((resolve, reject) => {
      setTimeout(reject, ANSWER);
      model.on("msg:custom", function take(news) {
        if (!news.talk) return;
        model.off("msg:custom", take);
        resolve(news.talk);
      });
      model.send({ type: "talk" });
    });
    copyWith(event.currentTarget, talk.then(asText));
  }

  // Sem resposta, o que há para ler é a conversa que foi salva com o notebook.
  function showSaved(waiting) {
    const saved = model.get("saved") ?? [];
    if (now.gone) return;
    if (saved.length) log.add(saved);
    showState({ state: "desconectado", note: saved.length ? SAVED : waiting, closed: true, gone: true });
  }

  function showGone(note) {
    showState({ state: "desconectado", note, closed: true, gone: true, people: [], field: "", unreached: false });
  }

  const leavePage = () => saveDraft(); // F5 não desmonta a vista: só avisa
  addEventListener("pagehide", leavePage);
  const ask = () => model.send({ type: "ready" });
  const showLink = (isLinked) => now.gone || showState({ unreached: !isLinked });
  const stopAsking = keepAsking(model, () => next !== null, showSaved, showGone, showLink);
  model.on("msg:custom", showNews);
  model.on("change:apelido", showName);
  showName();
  showState({});
  root.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key !== "a" || event.target.matches("input, textarea")) return;
    event.preventDefault(); // só a conversa, e não a página inteira
    log.selectAll();
  });
  el.classList.add("chatlib-view");
  el.append(root);

  views.add(view);
  return () => {
    views.delete(view);
    retire(model);
    stopAsking();
    log.stop();
    scale.stop();
    saveDraft();
    removeEventListener("pagehide", leavePage);
    clearTimeout(countdown);
    clearTimeout(late);
    model.off("msg:custom", showNews);
    model.off("change:apelido", showName);
  };
}

// A vista saiu da página. Um painel encerrado que nenhuma célula mostra mais não precisa existir no kernel; o de
// uma célula apagada deixa a sala. Quem só fechou o notebook continua nela.
function retire(model) {
  setTimeout(() => {
    if (views.size) return;
    if (closed) model.send({ type: "forget" });
    else if (!keepWithNotebook(model.widget_manager).shows(id)) model.send({ type: "unseen" });
  }, LINGER);
}

function initialize({ model }) {
  keepWithNotebook(model.widget_manager);
  model.on("msg:custom", (news) => {
    if (news.eyes && views.size) model.send({ type: "seen" });
    closed = news.closed ?? closed;
    if (closed) retire(model);
  });
}

export default { initialize, render };
