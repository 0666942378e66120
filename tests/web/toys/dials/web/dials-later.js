customElements.define('dials-later', class extends HTMLElement {
  set calotype(state) {
    if (state.value === 9) throw new Error('nine is too much')
    this.textContent = 'all is well'
  }
  connectedCallback() {
    if (this.textContent !== 'all is well') throw new Error('connected too early')
  }
})
