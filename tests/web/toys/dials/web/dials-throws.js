customElements.define('dials-throws', class extends HTMLElement {
  constructor() {
    super()
    throw new Error('the dial fell off')
  }
})
