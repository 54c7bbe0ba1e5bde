// O painel da sala, do lado da página. O lado do kernel está em panel.py.
//
// Cada remessa do kernel é a sala inteira como ela está, mais os acontecimentos que faltam aqui:
// { all, first, events, running, open, rate, history, members, counts, rhythm, address, … }.
// Um acontecimento é [quando, tipo, quem, frase]; first é o número do primeiro deles.

const KEPT_EVENTS = 300; // acontecimentos que ficam na página

function render({ model, el }) {
  const send = (message) => model.send(message);
  const panel = createRoom(send, (factor) => scale.resize(factor));
  const scale = followScale(model, panel.root);
  const rowOf = new Map(); // apelido -> a linha da tabela
  let next = null; // o número do próximo acontecimento a mostrar; null até o registro chegar
  let shown = null; // o endereço desenhado

  function showState(word, light, note) {
    panel.header.show(word, light);
    write(panel.note, note);
    panel.note.hidden = !note;
  }

  function enable(alive, running) {
    panel.power.button.disabled = panel.door.disabled = panel.lesson.disabled = !alive;
    panel.input.disabled = panel.announce.disabled = !(alive && running);
    for (const button of panel.rows.querySelectorAll("button")) button.disabled = !alive;
  }

  function showPlace({ address, code, reach, qr }) {
    if (shown === reach + address) return;
    shown = reach + address;
    panel.address.textContent = address;
    panel.code.textContent = code;
    panel.reach.textContent = reach;
    for (const node of [panel.address, panel.copy, panel.code, panel.zoom]) node.hidden = !address;
    panel.qr.setAttribute("aria-label", `QR com o endereço ${address}`);
    drawQr(panel.qr, qr);
  }

  function showNumbers({ counts, rhythm }) {
    for (const name of Object.keys(COUNTERS)) panel.values[name].textContent = number.format(counts[name]);
    drawRhythm(panel.rhythm, rhythm);
    const most = number.format(Math.max(...rhythm));
    const now = number.format(rhythm[rhythm.length - 2]); // o último segundo completo
    panel.pace.textContent = `${now} mensagens por segundo; no último minuto, até ${most}`;
  }

  function showRules({ open, rate, history }) {
    panel.door.setAttribute("aria-pressed", !open);
    panel.lesson.setAttribute("aria-pressed", Boolean(rate && history));
    const pace = rate ? `até ${number.format(rate)} mensagens/s por pessoa` : "sem limite de ritmo";
    panel.rules.textContent = `${pace}; ${history ? `quem entra lê as últimas ${history}` : "sem histórico"}`;
  }

  function showMembers(members, running) {
    const here = new Set(members.map(([apelido]) => apelido));
    for (const [apelido, row] of rowOf) {
      if (here.has(apelido)) continue;
      if (row.contains(document.activeElement)) panel.people.focus(); // o foco não se perde com a linha
      row.remove();
      rowOf.delete(apelido);
    }
    members.forEach(([apelido, ...facts], index) => {
      if (!rowOf.has(apelido)) rowOf.set(apelido, createRow(apelido, panel.say, send));
      const row = rowOf.get(apelido);
      row.update(...facts);
      if (panel.rows.children[index] !== row) panel.rows.insertBefore(row, panel.rows.children[index] ?? null);
    });
    panel.nobody.hidden = members.length > 0;
    panel.nobody.textContent = running ? "Ninguém entrou ainda. Passe o endereço à turma." : "A sala está parada.";
  }

  function showNews(news) {
    if (next === null && !news.all) return; // o registro, já pedido, a trará
    // Remessas se perdem se o notebook imprime demais: um buraco se conserta com o registro todo.
    if (next < news.first && !news.all && news.events.length < KEPT_EVENTS) return ask();
    const fresh = news.events.slice(Math.max(0, (next ?? 0) - news.first));
    next = Math.max(next ?? 0, news.first + news.events.length);
    const fragment = document.createDocumentFragment(); // muitas linhas, uma só mudança na página
    fragment.append(...fresh.map(createEvent));
    panel.events.append(fragment);
    while (panel.events.childElementCount > KEPT_EVENTS) panel.events.firstChild.remove();

    const turned = panel.room.running !== news.running;
    Object.assign(panel.room, { running: news.running, members: news.members });
    if (turned || !news.members.length) panel.power.calm();
    panel.power.button.classList.toggle("chatlib-main", !news.running);
    showState(news.running ? "no ar" : "parada", news.running ? "on" : "off", news.note);
    showPlace(news);
    showNumbers(news);
    showRules(news);
    showMembers(news.members, news.running);
    enable(!news.closed, news.running);
  }

  const ask = () => send({ type: "ready" });

  function showGone(note) {
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
  panel.zoom.addEventListener("click", () => panel.zoom.setAttribute("aria-pressed", !isPressed(panel.zoom)));
  panel.copy.addEventListener("click", copyAddress);

  model.on("msg:custom", showNews);
  showState("conectando", "wait", "");
  enable(false);
  showPlace({ address: "", code: "", reach: "", qr: [] });
  el.classList.add("chatlib-view");
  el.append(panel.root);
  const stopAsking = keepAsking(model, () => next !== null, (note) => showState("conectando", "wait", note), showGone);

  return () => {
    stopAsking();
    scale.stop();
    model.off("msg:custom", showNews);
  };
}

// Sem isto, o painel sumiria de um notebook salvo e aberto de novo.
const initialize = ({ model }) => void keepWithNotebook(model.widget_manager);

export default { initialize, render };
