/** What runs while the page is open: the event stream, the journal, the checks, the keys. */

import { catalogueOf } from '@/model/catalogue'
import { fetchNodes } from '@/run/api'
import { recheck, watch } from '@/run/checking'
import { journal, restore } from '@/run/documents'
import { refreshFiles } from '@/run/files'
import { onQueueEvent, refreshQueue, useQueue } from '@/run/queue'
import { onEvent, onPreview } from '@/run/running'
import { EventStream } from '@/run/socket'
import { listen } from './commands'
import { useEditor } from './editor'
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
      if (connected && !before) void refreshQueue().catch(() => undefined) // the next event asks again
    },
  })
  const ends = [listen(), () => stream.close()]
  void start(stream, ends)
  return () => {
    for (const end of ends) end()
  }
}

const AGAIN = 1_500

async function start(stream: EventStream, ends: (() => void)[]): Promise<void> {
  try {
    useEditor.getState().setCatalogue(catalogueOf(await fetchNodes()))
    stream.open()
    await restore()
    await Promise.all([refreshFiles('input'), refreshFiles('checkpoints')])
    ends.push(journal(), watch())
    document.documentElement.dataset.ready = 'true'
  } catch (error) {
    useUi.getState().tell('bad', error instanceof Error ? error.message : String(error))
    const timer = setTimeout(() => void start(stream, ends), AGAIN)
    ends.push(() => clearTimeout(timer))
  }
}
