customElements.define('dials-round', class extends HTMLElement {
  set calotype({ value, label, version }) {
    if (!this.firstChild) {
      this.append(document.createElement('button'))
      this.firstChild.addEventListener('click', () => this.dispatchEvent(new CustomEvent('calotype-change', { detail: { value: 0.75 } })))
    }
    this.firstChild.textContent = `${label} at ${value} (${version})`
  }
})
