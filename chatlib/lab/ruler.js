// Uma régua: um <input type="range"> de verdade, com seu nome e seu valor escritos.

function render({ model, el }) {
  const root = document.createElement("label");
  const name = document.createElement("span");
  const input = document.createElement("input");
  const reading = document.createElement("span");
  root.className = "chatlib-ruler";
  root.lang = "pt-BR";
  root.dataset.lmSuppressShortcuts = "true"; // as setas mexem na régua, não no notebook
  name.textContent = model.get("label");
  reading.className = "chatlib-reading";
  reading.ariaHidden = "true"; // quem lê a tela já ouve o valor da régua
  input.type = "range";
  for (const side of ["min", "max", "step"]) input[side] = model.get(side);
  root.append(name, input, reading);
  el.append(root);

  const show = () => {
    input.value = model.get("value");
    reading.textContent = Number(model.get("value")).toLocaleString("pt-BR");
    input.setAttribute("aria-valuetext", reading.textContent);
  };
  const move = () => {
    model.set("value", Number(input.value));
    model.save_changes();
  };
  input.addEventListener("input", move);
  root.addEventListener("keydown", (event) => event.stopPropagation());
  model.on("change:value", show);
  show();
  return () => model.off("change:value", show);
}

export default { render };
