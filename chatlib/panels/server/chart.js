// Os gráficos do último minuto: eixos, unidade, e o mesmo em palavras. O desenho estica com a largura;
// os números dos eixos, fora dele, não.

const MINUTE = 60; // segundos, e a largura do desenho
const TALL = 40; // a altura do desenho
const short = new Intl.NumberFormat("pt-BR", { notation: "compact" });

// Um elemento com filhos em vez de texto.
function group(tag, className, ...children) {
  const node = create(tag, className);
  node.append(...children);
  return node;
}

function createShape(tag, className, attributes = {}) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries({ class: className, ...attributes })) node.setAttribute(name, value);
  return node;
}

// O menor topo redondo em que tudo cabe, e cuja metade também é redonda.
function roundUp(value) {
  const unit = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 10].map((step) => step * unit).find((top) => top >= value);
}

// Os dois jeitos de desenhar pontos [x, valor]: uma barra para cada um, ou um traço de um a outro, que se
// interrompe onde o valor é null.
const barsPath = (points, height) =>
  points.map(([x, value]) => (value ? `M${x + 0.1} ${TALL}V${TALL - height(value)}h.8V${TALL}z` : "")).join("");

function linePath(points, height) {
  let pen = "M";
  return points.map(([x, value]) => {
    if (value === null) {
      pen = "M";
      return "";
    }
    const step = `${pen}${x} ${TALL - height(value)}h0`;
    pen = "L";
    return step;
  }).join("");
}

// Um gráfico. title diz a unidade; least é o menor topo do eixo; path desenha cada traço, e names são as
// classes deles. update recebe os pontos e as palavras de cada traço.
function createChart(title, least, path, names) {
  const svg = createShape("svg", "room-plot", {
    "aria-hidden": "true", preserveAspectRatio: "none", viewBox: `0 0 ${MINUTE} ${TALL}`,
  });
  const paths = names.map((name) => createShape("path", name));
  svg.append(createShape("path", "room-grid", { d: `M0 0H60M0 ${TALL / 2}H60M0 ${TALL}H60M0 0V${TALL}` }), ...paths);
  const scale = [0, 1, 2].map(() => create("span", ""));
  const axis = (className, children) => {
    const node = group("div", className, ...children);
    node.setAttribute("aria-hidden", "true");
    return node;
  };
  const times = ["60 s atrás", "30 s", "agora"].map((text) => create("span", "", text));
  const words = names.map((name) => create("span", names.length > 1 ? `room-key ${name}` : ""));
  const caption = group("figcaption", "", create("strong", "", title), ...words);
  const node = group("figure", "room-chart", caption, axis("room-scale", scale), svg, axis("room-times", times));
  return {
    node,
    update(series, texts) {
      const top = roundUp(Math.max(least, ...series.flat().map(([, value]) => value)));
      [top, top / 2, 0].forEach((value, i) => write(scale[i], short.format(value)));
      paths.forEach((shape, i) => shape.setAttribute("d", path(series[i], (value) => (TALL * value) / top)));
      words.forEach((node, i) => write(node, texts[i] ?? ""));
    },
  };
}

function createRhythm() {
  const { node, update } = createChart("Mensagens por segundo", 4, barsPath, ["room-bars"]);
  return {
    node,
    update(counts) {
      const now = counts[counts.length - 2]; // o último segundo completo
      const most = number.format(Math.max(...counts));
      update([counts.map((count, x) => [x, count])], [`${plural(now, "mensagem", "mensagens")} por segundo; no último minuto, até ${most}`]);
    },
  };
}

// O que só se mede enquanto alguém olha: os pontos são [segundo, pessoas, bytes, mediana, maior demora].
function createMeasures() {
  const people = createChart("Pessoas na sala", 4, linePath, ["room-first"]);
  const waiting = createChart("Bytes à espera de quem não leu", 1000, linePath, ["room-first"]);
  const delay = createChart("Demora da entrega, em milissegundos", 1, linePath, ["room-first", "room-second"]);
  const node = group("section", "room-measures", people.node, waiting.node, delay.node);
  node.setAttribute("aria-label", "Medidas");
  node.hidden = true;

  function update(points) {
    const last = points[points.length - 1];
    const line = (field) => points.map((point) => [MINUTE - (last[0] - point[0]), point[field]]);
    const values = (field) => points.map((point) => point[field]).filter((value) => value !== null);
    const most = (field) => number.format(Math.max(...values(field)));
    if (!last) return [people, waiting, delay].forEach((chart) => chart.update([[], []], ["medindo…"]));
    people.update([line(1)], [`${plural(last[1], "pessoa", "pessoas")} agora; no último minuto, até ${most(1)}`]);
    waiting.update([line(2)], [`${plural(last[2], "byte", "bytes")} agora; no último minuto, até ${most(2)}`]);
    const recent = values(3).pop();
    delay.update([line(3), line(4)], recent === undefined ? ["nada foi entregue no último minuto"] : [
      `mediana: ${number.format(recent)} ms agora há pouco`, `a maior: ${most(4)} ms no último minuto`,
    ]);
  }
  return { node, update };
}
