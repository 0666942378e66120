/** What runs while the page is open: the event stream, the journal, the checks, the keys. */

import { catalogueOf } from '@/model/catalogue'
import { ApiError, fetchNodes } from '@/run/api'
import { recheck, watch } from '@/run/checking'
import { followAddress, wanted } from '@/run/address'
import { claimPage } from '@/run/client'
import { journal, reconnected } from '@/run/journal'
import { remember, restore } from '@/run/restoring'
import { refreshFiles } from '@/run/files'
import { onEvent, onPreview } from '@/run/following'
import { keepRuns } from '@/run/keeping'
import { watchLive } from '@/run/live'
import { watchUnchanged } from '@/run/unchanged'
import { measure, onQueueEvent, refreshQueue, useQueue } from '@/run/queue'
import { EventStream } from '@/run/socket'
import { listen } from './commands'
import { useEditor } from './editor'
import { t } from './i18n'
import { useUi } from './ui'

/** Connect everything; the function takes it apart. */
export function connect(): () => void {
  const stream = new EventStream({
    onEvent: (event) => {
      onEvent(event)
      onQueueEvent(event)
      if (event.event === 'RunEnded') recheck()
    },
    onPreview,
    onState: (connected) => {
      const before = useQueue.getState().connected
      useQueue.setState({ connected })
      if (!connected || before) return
      void refreshQueue().catch(() => undefined) // the next event asks again
      reconnected()
    },
  })
  const ends = [listen(), () => stream.close()]
  void start(stream, ends)
  return () => {
    for (const end of ends) end()
  }
}

const AGAIN = 1_500

async function start(stream: EventStream, ends: (() => void)[], told = ''): Promise<void> {
  try {
    useEditor.getState().setCatalogue(catalogueOf(await fetchNodes()))
    stream.from(await refreshQueue())
    await claimPage()
    await restore(wanted())
  } catch (error) {
    const message = error instanceof ApiError && error.status === 401 ? t('server.token') : error instanceof Error ? error.message : String(error)
    if (message !== told) useUi.getState().tell('bad', message) // once, however often it is tried
    const timer = setTimeout(() => void start(stream, ends, message), AGAIN)
    ends.push(() => clearTimeout(timer))
    return
  }
  stream.open()
  ends.push(journal(), remember(), followAddress(), watch(), keepRuns(), watchLive(), watchUnchanged())
  await Promise.allSettled([refreshFiles('input'), refreshFiles('checkpoints'), measure()]) // fields ask again
  document.documentElement.dataset.ready = 'true'
}
