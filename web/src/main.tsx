import { createRoot } from 'react-dom/client'
import '@fontsource-variable/instrument-sans/wght.css'
import './style/tokens.css'
import './style/base.css'
import './style/canvas.css'
import './style/fields.css'
import './style/shell.css'
import './style/panels.css'
import './style/documents.css'
import './style/runs.css'
import './style/pictures.css'
import './style/menu.css'
import './style/widgets.css'
import './style/form.css'
import './style/hint.css'
import './style/mask.css'
import { App } from './app/App'
import { automate } from './app/automation'
import { speak } from './app/i18n'
import { usePrefs } from './app/prefs'

speak(new URLSearchParams(location.search).get('lang') ?? usePrefs.getState().language)
automate()
const host = document.getElementById('app')
if (host) createRoot(host).render(<App />)
