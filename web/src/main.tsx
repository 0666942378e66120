import { createRoot } from 'react-dom/client'
import '@fontsource-variable/instrument-sans/wght.css'
import './style/tokens.css'
import './style/base.css'
import './style/canvas.css'
import './style/fields.css'
import './style/shell.css'
import './style/panels.css'
import './style/menu.css'
import { App } from './app/App'
import { automate } from './app/automation'
import { speak } from './app/i18n'

speak(new URLSearchParams(location.search).get('lang') ?? 'en')
automate()
const host = document.getElementById('app')
if (host) createRoot(host).render(<App />)
