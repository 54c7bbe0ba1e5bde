// A caixa de escrever: Enter manda, Shift+Enter muda de linha, ↑ repete, Tab completa.

const NEAR = 0.8; // fração do limite a partir da qual se mostra a conta
const MANY = 200; // linhas que um só Enter não manda sem perguntar
const measure = new TextEncoder();

const longest = (text) => Math.max(...text.split("\n").map((line) => measure.encode(line).length));
const said = (text) => text.split("\n").filter((line) => line.trim());

// O que pode completar ``text``: um comando no começo, ou o apelido de alguém no fim.
function complete(text, commands, people) {
  if (/^\/\S*$/.test(text)) {
    return commands.filter((name) => name.startsWith(text.toLowerCase())).map((name) => `${name} `);
  }
  const [, before, word] = text.match(/^([^]*?@?)([^\s@]+)$/) ?? [];
  if (!word) return text === "/msg " ? people.map((name) => `/msg ${name} `) : [];
  const found = people.filter((name) => name.toLowerCase().startsWith(word.toLowerCase()));
  return found.map((name) => `${before}${name} `);
}

// send(text): manda o texto e diz se foi possível.
function createForm(send) {
  const form = create("form", "chatlib-form");
  const box = create("textarea", "chatlib-input chatlib-box", "", {
    rows: "1", autocomplete: "off", "aria-label": "Mensagem", placeholder: "Escreva uma mensagem",
  });
  const button = create("button", "chatlib-button chatlib-main", "Enviar", { type: "submit" });
  const hint = create("p", "chatlib-hint", "", { role: "status" });
  form.append(box, button, hint);

  const facts = { limit: 4096, commands: [], people: [], online: false, hoping: false };
  const sent = []; // o que já se mandou, para ↑
  let recall = 0; // posição em sent; sent.length é o rascunho
  let draft = "";
  let confirmed = null; // o texto enorme que já se perguntou se é para mandar
  let tab = { texts: [], index: 0 }; // o que Tab está oferecendo

  function hintFor(text) {
    const size = longest(text);
    const bytes = `${size.toLocaleString("pt-BR")} de ${facts.limit.toLocaleString("pt-BR")} bytes`;
    if (size > facts.limit) return `Mensagem longa demais: ${bytes}. Divida-a com Shift+Enter.`;
    if (facts.hoping && text) return "Sem conexão: o que você escreveu fica aqui até ela voltar.";
    if (!facts.online && text) return "Você não está na sala: o que escreveu fica aqui até que entre.";
    if (said(text).length > 1) return `São ${said(text).length} linhas: cada uma vai como uma mensagem.`;
    return size > NEAR * facts.limit ? bytes : "";
  }

  function refresh() {
    box.style.height = "auto"; // encolhe antes de medir
    box.style.height = `${box.scrollHeight + 2}px`;
    hint.textContent = hintFor(box.value);
    hint.hidden = !hint.textContent;
    const tooLong = longest(box.value) > facts.limit;
    box.setAttribute("aria-invalid", tooLong);
    button.disabled = !facts.online || tooLong;
  }

  function put(text) {
    box.value = text;
    box.setSelectionRange(text.length, text.length);
    refresh();
  }

  // Um texto enorme, talvez colado por engano, pede um segundo Enter.
  function asks(text) {
    if (said(text).length <= MANY || confirmed === text) return false;
    confirmed = text;
    hint.hidden = false;
    hint.textContent = `São ${said(text).length.toLocaleString("pt-BR")} linhas. Enter de novo manda todas, uma a uma.`;
    return true;
  }

  function submit() {
    const text = box.value;
    if (!button.disabled && asks(text)) return;
    if (!text.trim() || button.disabled || !send(text)) return refresh();
    if (sent.at(-1) !== text) sent.push(text);
    recall = sent.length;
    put("");
  }

  function browse(step) {
    if (recall === sent.length) draft = box.value;
    recall = Math.min(sent.length, Math.max(0, recall + step));
    put(recall === sent.length ? draft : sent[recall]);
  }

  // Verdadeiro se havia o que completar; senão, Tab faz o de sempre: leva ao botão.
  function completeNext() {
    const again = tab.texts.length > 1 && box.value === tab.texts[tab.index];
    if (again) tab.index = (tab.index + 1) % tab.texts.length;
    else tab = { texts: complete(box.value, facts.commands, facts.people), index: 0 };
    if (!tab.texts.length || box.value === tab.texts[tab.index]) return false;
    const { texts, index } = tab;
    put(texts[index]);
    if (texts.length > 1) {
      hint.textContent = `Tab: ${texts.map((text) => text.trim().split(" ").at(-1)).join(", ")}`;
      hint.hidden = false;
    }
    return true;
  }

  function onKey(event) {
    if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
    const { selectionStart: at, value } = box;
    const oneRow = box.scrollHeight < 2.5 * parseFloat(getComputedStyle(box).lineHeight);
    const browsing = recall < sent.length && value === sent[recall]; // o que ↑ trouxe, sem mexer
    let done = false;
    if (event.key === "Enter" && !event.shiftKey) done = submit() || true;
    else if (event.key === "ArrowUp" && (at === 0 || oneRow || browsing) && sent.length) done = browse(-1) || true;
    else if (event.key === "ArrowDown" && browsing) done = browse(1) || true;
    else if (event.key === "Tab" && !event.shiftKey && at === value.length) done = completeNext();
    if (done) event.preventDefault();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault(); // sem isto, o navegador sairia da página para enviar o formulário
    submit();
  });
  box.addEventListener("keydown", onKey);
  box.addEventListener("input", refresh);
  refresh();

  return {
    node: form,
    learn(news) {
      const changed = Object.keys(news).some((name) => facts[name] !== news[name]);
      Object.assign(facts, news);
      if (changed) refresh();
    },
    // O texto que não saiu volta, antes do que já se tenha escrito depois.
    giveBack(texts) {
      if (texts.length) put([...texts, box.value].filter(Boolean).join("\n"));
    },
    talkTo(apelido) {
      put(`/msg ${apelido} ${box.value.replace(/^\/msg \S+ /, "")}`);
      box.focus();
    },
  };
}
