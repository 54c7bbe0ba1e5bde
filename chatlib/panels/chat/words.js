// O que se entende de um texto: nomes com e sem acento, endereços da web, código.

const fold = (text) => text.normalize("NFKC").toLowerCase();

// Os nomes que começam com ``word``, primeiro os que têm os mesmos acentos. Quem os digitou quer só esses.
function startingWith(word, names) {
  const exact = names.filter((name) => fold(name).startsWith(fold(word)));
  if (exact.length && plain(word) !== fold(word)) return exact;
  return [...exact, ...names.filter((name) => !exact.includes(name) && plain(name).startsWith(plain(word)))];
}

// O nome que ``word`` quer dizer: João para joao, se não houver na sala nem Joao nem outro João.
function nameFor(word, names) {
  if (names.some((name) => fold(name) === fold(word))) return word;
  const found = names.filter((name) => plain(name) === plain(word));
  return found.length === 1 ? found[0] : word;
}

// O texto como se manda: em cada /msg, o apelido com os acentos que ele tem.
const withNames = (text, names) =>
  text.replace(/^([ \t]*\/msg[ \t]+)@?(\S+)/gim, (_, start, word) => start + nameFor(word, names));

const LINK = /https?:\/\/[^\s<>"'`“”‘’«»]+/gi;
const LINKS = 20; // endereços clicáveis numa linha; os outros ficam como texto

// O endereço sem a pontuação da frase em volta: (veja http://a.b/c_(d)). é http://a.b/c_(d)
function trimLink(link) {
  const spare = (close, open) => link.split(close).length - link.split(open).length; // fechos sem par
  const extra = { ")": spare(")", "("), "]": spare("]", "["), "}": spare("}", "{") };
  let end = link.length;
  for (; end; end -= 1) {
    const char = link[end - 1];
    if (extra[char] > 0) extra[char] -= 1;
    else if (!".,;:!?…".includes(char)) break;
  }
  return link.slice(0, end);
}

// Só http e https; quem põe nome e senha na frente quer parecer outro lugar: http://banco.br@outro.lugar
function isSafe(link) {
  if (!URL.canParse(link)) return false;
  const { protocol, username, password } = new URL(link);
  return ["http:", "https:"].includes(protocol) && !username && !password;
}

// O texto em pedaços, para ``append``: os endereços da web, clicáveis; o resto, só texto.
function withLinks(text) {
  const parts = [];
  let rest = 0;
  for (const match of text.matchAll(LINK)) {
    const link = trimLink(match[0]);
    if (parts.length > 2 * LINKS) break;
    if (!isSafe(link)) continue;
    const attributes = { href: link, target: "_blank", rel: "noopener noreferrer" };
    parts.push(text.slice(rest, match.index), create("a", "chatlib-link", link, attributes));
    rest = match.index + link.length;
  }
  return [...parts, text.slice(rest)].filter(Boolean);
}

// Sinais de que uma linha é código. Um engano é inofensivo: o texto é o mesmo, em outra letra.
const CODE = [
  /^(\t| {2,})\S/, // recuo
  /[;{}]\s*$/,
  /^(from|import) [\w.]+( import .+| as \w+)?$/,
  /^(async |public |private |static )*(def|class|for|while|if|elif|else|try|except|finally|with|switch|function)\b.*[:{]\s*$/,
  /^(return|raise|assert|yield|await|const|let|var|global|del) [\w("'[]/,
  /^[\w.[\]'", ]+([-+*/%|&]|\/\/|\*\*)?= ?\S/, // atribuição
  /^(await )?[\w.]+\(.*\)$/, // chamada
  /^(@\w|#|\/\/|>>> |\.\.\. |\$ |Traceback )/,
  /^[)\]}]+[,;]?$/,
];
const isCode = (text) => CODE.some((sign) => sign.test(text));
const ENOUGH = 3; // linhas que já fazem um bloco de código

// O fio não leva linhas vazias: as do meio do código vão como um espaço sem largura, e na página voltam a ser vazias.
const BLANK = "\u200b";
const withoutBlanks = (text) => (text === BLANK ? "" : text);

function withBlanks(text) {
  const rows = text.replace(/^(\s*\n)+|\s+$/g, "").split("\n");
  const full = rows.filter((row) => row.trim());
  const signs = full.filter(isCode).length;
  if (signs < ENOUGH || 2 * signs < full.length) return text;
  return rows.map((row) => (row.trim() ? row : BLANK)).join("\n");
}

// Copia o texto, ou o que a promessa trouxer. Sem HTTPS não há navigator.clipboard, e vale o modo antigo.
async function copy(text) {
  if (navigator.clipboard && window.ClipboardItem) {
    const blob = Promise.resolve(text).then((found) => new Blob([found], { type: "text/plain" }));
    return navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
  }
  const focused = document.activeElement;
  const box = create("textarea", "", "", { "aria-hidden": "true" });
  box.value = await text;
  document.body.append(box);
  box.select();
  const done = document.execCommand("copy");
  box.remove();
  focused?.focus();
  if (!done) throw new Error("o navegador não deixa copiar");
}

// Copia e conta no próprio botão se deu certo.
async function copyWith(button, text) {
  const label = button.dataset.label ?? button.textContent;
  const show = (said) => {
    if ("label" in button.dataset) button.dataset.label = said;
    else button.textContent = said;
  };
  if (["Copiado", "Não deu"].includes(label)) return; // um segundo clique, antes de o rótulo voltar
  show(await copy(text).then(() => "Copiado", () => "Não deu"));
  setTimeout(show, 2000, label);
}
