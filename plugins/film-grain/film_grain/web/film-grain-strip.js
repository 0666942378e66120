/**
 * <film-grain-strip>: the amount of grain, set on a ramp from black to white that shows it.
 *
 * The grain is drawn as the node makes it: normal noise times 2 * amount * sqrt(u (1 - u)) at the grey u, blurred to
 * the size that the node has. The noise itself is another one: the picture's is drawn by the seed where it runs.
 */

const WIDTH = 220
const HEIGHT = 44
const sheet = new CSSStyleSheet()
sheet.replaceSync(`
  :host { flex: 1; display: flex; min-width: 0 }
  label { position: relative; flex: 1; min-width: 0; display: flex; flex-direction: column; overflow: hidden;
    border: 1px solid var(--line); border-radius: 7px; background: var(--well); cursor: ew-resize; touch-action: none }
  label:focus-within { border-color: var(--focus) }
  span { display: flex; justify-content: space-between; padding: 3px 9px; color: var(--soft); font-size: 12px }
  output { color: var(--text) }
  canvas { flex: 1; width: 100%; min-height: 0; image-rendering: pixelated }
  input { position: absolute; inset: 0; width: 100%; height: 100%; margin: 0; opacity: 0; cursor: ew-resize }
`)

class Strip extends HTMLElement {
  constructor() {
    super()
    const root = this.attachShadow({ mode: 'open' })
    root.adoptedStyleSheets = [sheet]
    const make = (tag, ...inside) => {
      const one = document.createElement(tag)
      one.append(...inside)
      return one
    }
    this.name = make('b')
    this.name.style.fontWeight = 'inherit'
    this.shown = make('output')
    this.ramp = Object.assign(make('canvas'), { width: WIDTH, height: HEIGHT })
    this.slider = Object.assign(make('input'), { type: 'range' })
    this.slider.addEventListener('input', () => this.change(Number(this.slider.value)))
    root.append(make('label', make('span', this.name, this.shown), this.ramp, this.slider))
  }

  change(value) {
    this.dispatchEvent(new CustomEvent('calotype-change', { detail: { value } }))
  }

  set calotype({ value, values, input, label }) {
    const size = typeof values?.size === 'number' ? values.size : 1
    this.name.textContent = label
    this.slider.setAttribute('aria-label', label)
    this.shown.textContent = Number(value).toFixed(2)
    Object.assign(this.slider, { min: input.ge ?? 0, max: input.le ?? 1, step: input.step ?? 0.01, value })
    draw(this.ramp, Number(value), size)
  }
}

function draw(canvas, amount, size) {
  const context = canvas.getContext('2d')
  const { width, height } = canvas
  const picture = context.createImageData(width, height)
  const grain = noise(width, height, size)
  for (let i = 0; i < width * height; i += 1) {
    const grey = (i % width) / (width - 1)
    const shown = 255 * (grey + 2 * amount * Math.sqrt(grey * (1 - grey)) * grain[i])
    picture.data.set([shown, shown, shown, 255], 4 * i)
  }
  context.putImageData(picture, 0, 0)
}

/** Noise of variance 1, blurred to grains of a radius; the same each time, so that only what changes is seen to. */
function noise(width, height, size) {
  const next = random(7)
  let field = Float32Array.from({ length: width * height }, () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()))
  const reach = Math.ceil(1.5 * size)
  if (reach === 0) return field
  const kernel = Array.from({ length: 2 * reach + 1 }, (_, i) => Math.exp(-2 * ((i - reach) / size) ** 2))
  const energy = Math.sqrt(kernel.reduce((sum, k) => sum + k * k, 0))
  for (const [step, span] of [[1, width], [width, height]]) {
    field = field.map((_, at) => {
      const place = step === 1 ? at % width : Math.floor(at / width)
      return kernel.reduce((sum, k, i) => sum + (k / energy) * field[at + step * ((((place + i - reach) % span) + span) % span - place)], 0)
    })
  }
  return field
}

/** Numbers in 0..1 from a seed (a linear congruential generator). */
function random(seed) {
  let state = seed
  return () => (state = (state * 1664525 + 1013904223) >>> 0) / 2 ** 32
}

customElements.define('film-grain-strip', Strip)
