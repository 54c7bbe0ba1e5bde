// O painel da sala, do lado da página. O lado do kernel está em panel.py.
//
// Cada remessa do kernel é a sala inteira como ela está, mais os acontecimentos que faltam aqui:
// { all, serial, first, events, running, open, rate, history, members, counts, rhythm, measures, address, … }.
// Um acontecimento é [quando, tipo, quem, frase]; first é o número do primeiro deles, e serial, o da remessa.

const WATCH = 5000; // milissegundos entre um "ainda olho as medidas" e outro
// Os segundos em que cada um vale. O navegador atrasa até um minuto os relógios da página que não se vê.
const leaseOf = (page) => (page.hidden ? 90 : 15);

function render({ model, el }) {
  const view = Math.random().toString(36).slice(2); // qual das vistas deste painel é esta
  const send = (message) => model.send(message);
  const panel = createRoom(send, (factor) => scale.resize(factor));
  const scale = followScale(model, panel.root);
  let serial = null; // o número da última remessa; null até o registro chegar
  let next = 0; // o número do próximo acontecimento a mostrar
  let shown = null; // o que está desenhado no lugar do endereço
  let isLinked = true; // se a página alcança o kernel

  function showState(word, light, note) {
    panel.header.show(word, light);
    write(panel.note, note);
    panel.note.hidden = !note;
  }

  function enable(alive, running) {
    panel.power.button.disabled = panel.door.disabled = panel.lesson.disabled = panel.more.disabled = !alive;
    for (const button of [panel.lock, panel.cipher, panel.reveal, panel.inQr]) button.disabled = !alive;
    panel.input.disabled = panel.announce.disabled = !(alive && running);
    panel.people.enable(alive);
  }

  function showPlace({ address, code, reach, qr }) {
    const now = [reach, address, code, ...qr].join("\n");
    if (shown === now) return;
    shown = now;
    panel.address.textContent = address;
    panel.code.textContent = code;
    panel.reach.textContent = reach;
    for (const node of [panel.address, panel.copy, panel.code, panel.zoom]) node.hidden = !address;
    panel.qr.setAttribute("aria-label", `QR com o endereço ${address}`);
    drawQr(panel.qr, qr);
  }

  // Sem a senha na remessa, ela está escondida: aqui só há bolinhas.
  function showGuard({ guarded, ciphered, password, in_qr: inQr, ca, fingerprint, risk }) {
    panel.secret.hidden = !guarded;
    write(panel.password, password || "••••-••••");
    panel.password.setAttribute("aria-label", password ? `Senha: ${password}` : "Senha escondida");
    write(panel.reveal, password ? "Esconder" : "Mostrar");
    panel.reveal.setAttribute("aria-label", `${password ? "Esconder" : "Mostrar"} a senha`);
    panel.inQr.setAttribute("aria-pressed", inQr);
    panel.lock.setAttribute("aria-pressed", guarded);
    panel.cipher.setAttribute("aria-pressed", ciphered);
    write(panel.risk, risk);
    panel.risk.hidden = !risk;
    panel.print.hidden = !(ciphered && fingerprint);
    if (panel.print.dataset.of === ca + fingerprint) return;
    panel.print.dataset.of = ca + fingerprint;
    const digits = fingerprint.match(/.{1,24}/g) ?? []; // em grupos de oito, que se comparam de um fôlego
    panel.print.replaceChildren(
      "Entregue à turma o arquivo ", create("code", "", ca), ". Impressão digital dele (SHA-256): ",
      group("code", "room-digits", ...digits.map((part) => create("span", "", part))),
    );
  }

  function showRules({ open, rate, history }) {
    panel.door.setAttribute("aria-pressed", !open);
    panel.lesson.setAttribute("aria-pressed", Boolean(rate && history));
    const pace = rate ? `até ${plural(rate, "mensagem", "mensagens")}/s por pessoa` : "sem limite de ritmo";
    const last = history === 1 ? "a última" : `as últimas ${number.format(history)}`;
    write(panel.rules, `${pace}; ${history ? `quem entra lê ${last}` : "sem histórico"}`);
  }

  function showNews(news) {
    // Remessas se perdem se o notebook imprime demais: um buraco se conserta com o registro todo.
    if (!news.all && news.serial !== serial + 1) return serial === null || ask();
    const isFirst = serial === null;
    serial = news.serial;
    panel.addEvents(news.events.slice(Math.max(0, next - news.first)), news.kept);
    next = Math.max(next, news.first + news.events.length);

    const turned = panel.room.running !== news.running;
    Object.assign(panel.room, { running: news.running, members: news.members });
    if (turned || !news.members.length) panel.power.calm();
    panel.power.button.classList.toggle("chatlib-main", !news.running);
    panel.root.dataset.life = "live";
    if (isLinked) showState(news.running ? "no ar" : "parada", news.running ? "on" : "off", news.note);
    showPlace(news);
    const wasHidden = panel.measures.hidden;
    showGuard(news);
    panel.showNumbers(news);
    if (wasHidden) watch(); // outra vista as abriu
    showRules(news);
    panel.people.update(news.members, news.running);
    enable(!news.closed, news.running);
    if (isFirst) bringIntoView(panel.root);
  }

  const ask = () => send({ type: "ready" });

  // Sem kernel não há sala: do painel fica o registro, se chegou algum.
  function showGone(note) {
    panel.root.dataset.life = serial === null ? "waiting" : "gone";
    showState("desconectada", "off", note);
    enable(false);
  }

  async function copyAddress() {
    try {
      await navigator.clipboard.writeText(panel.address.textContent);
      panel.copy.textContent = "Copiado";
      panel.say("Endereço copiado.");
      setTimeout(() => { panel.copy.textContent = "Copiar"; }, 2000);
    } catch { // sem HTTPS o navegador não deixa copiar: o endereço fica selecionado
      getSelection().selectAllChildren(panel.address);
      panel.say("Endereço selecionado: copie com Ctrl+C.");
    }
  }

  panel.form.addEventListener("submit", (event) => {
    event.preventDefault(); // sem isto, o navegador sairia da página para enviar o formulário
    send({ type: "announce", text: panel.input.value });
    panel.input.value = "";
  });
  const isPressed = (button) => button.getAttribute("aria-pressed") === "true";
  panel.door.addEventListener("click", () => send({ type: "open", on: isPressed(panel.door) }));
  panel.lesson.addEventListener("click", () => send({ type: "class", on: !isPressed(panel.lesson) }));
  const sayWatching = (type) => send({ type, view, lease: leaseOf(document) });
  const watch = () => panel.measures.hidden || sayWatching("watching");
  panel.more.addEventListener("click", () => sayWatching(panel.measures.hidden ? "measures" : "no measures"));
  document.addEventListener("visibilitychange", watch);
  for (const [button, type] of [[panel.lock, "password"], [panel.cipher, "tls"], [panel.inQr, "qr"]]) {
    button.addEventListener("click", () => send({ type, on: !isPressed(button) }));
  }
  panel.reveal.addEventListener("click", () => send({ type: "show", on: panel.reveal.textContent === "Mostrar" }));
  panel.zoom.addEventListener("click", () => panel.zoom.setAttribute("aria-pressed", !isPressed(panel.zoom)));
  panel.copy.addEventListener("click", copyAddress);

  const watching = setInterval(watch, WATCH);
  model.on("msg:custom", showNews);
  panel.root.dataset.life = "waiting"; // nada a mostrar ainda: nem zeros
  showState("conectando", "wait", "");
  showPlace({ address: "", code: "", reach: "", qr: [] });
  showGuard({ password: "", ca: "", fingerprint: "", risk: "" });
  el.classList.add("chatlib-view");
  el.append(panel.root);
  const showLink = (isBack) => {
    isLinked = isBack;
    isBack ? ask() : showState(UNREACHED, "wait", "");
  };
  const stopAsking = keepAsking(
    model, () => serial !== null, (note) => showState("sem resposta", "wait", note), showGone, showLink,
  );

  return () => {
    clearInterval(watching);
    document.removeEventListener("visibilitychange", watch);
    stopAsking();
    scale.stop();
    model.off("msg:custom", showNews);
  };
}

// Sem isto, o painel sumiria de um notebook salvo e aberto de novo.
const initialize = ({ model }) => void keepWithNotebook(model.widget_manager);

export default { initialize, render };
