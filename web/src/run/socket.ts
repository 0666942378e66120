/** The stream of everything that happens on the server: one WebSocket, taken up again where it broke. */

export interface ServerEvent {
  event: string
  run: string
  seq: number
  n: number
  attempt: number
  at: number
  [more: string]: unknown
}

export interface PreviewFrame {
  run: string
  node: string
  done: number
  total: number
  jpeg: Blob
}

interface Listener {
  onEvent: (event: ServerEvent) => void
  onPreview: (frame: PreviewFrame) => void
  onState: (connected: boolean) => void
}

const SOONEST = 300
const LATEST = 8_000
const HEADER = 4

export class EventStream {
  private socket: WebSocket | null = null
  private after = -1
  private wait = SOONEST
  private timer = 0
  private closed = false

  constructor(private readonly listener: Listener) {}

  open(): void {
    if (this.closed || (this.socket && this.socket.readyState <= WebSocket.OPEN)) return
    const socket = new WebSocket(addressOf(`after=${this.after}`))
    socket.binaryType = 'arraybuffer'
    this.socket = socket
    socket.onopen = () => {
      this.wait = SOONEST
      this.listener.onState(true)
    }
    socket.onmessage = ({ data }) => this.receive(data as string | ArrayBuffer)
    socket.onclose = () => this.again()
  }

  /** Where to go on: events up to this number are known. */
  from(n: number): void {
    this.after = Math.max(this.after, n)
  }

  close(): void {
    this.closed = true
    clearTimeout(this.timer)
    this.socket?.close()
  }

  private receive(data: string | ArrayBuffer): void {
    if (typeof data !== 'string') {
      const frame = unpacked(data)
      if (frame) this.listener.onPreview(frame)
      return
    }
    const event = JSON.parse(data) as ServerEvent
    if (event.n <= this.after) return
    this.after = event.n
    this.listener.onEvent(event)
  }

  private again(): void {
    this.listener.onState(false)
    if (this.closed) return
    this.timer = window.setTimeout(() => this.open(), this.wait)
    this.wait = Math.min(LATEST, this.wait * 2)
  }
}

function addressOf(query: string): string {
  return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/v1/events?${query}`
}

/** The events of one run after one of them, as long as `each` wants more. Broken connections are taken up again. */
export async function logOf(run: string, after: number, each: (event: ServerEvent) => boolean): Promise<void> {
  let known = after
  for (let wait = SOONEST; ; wait = Math.min(LATEST, wait * 2)) {
    const over = await new Promise<boolean>((done) => {
      const socket = new WebSocket(addressOf(`run=${run}&after=${known}&previews=false`))
      socket.onmessage = ({ data }) => {
        if (typeof data !== 'string') return
        const event = JSON.parse(data) as ServerEvent
        known = event.seq
        if (each(event) && event.event !== 'RunEnded') return
        done(true)
        socket.close()
      }
      socket.onclose = () => done(false)
    })
    if (over) return
    await new Promise((rest) => setTimeout(rest, wait))
  }
}

/** Four bytes with the length of a header, the header as JSON, a JPEG. */
export function unpacked(data: ArrayBuffer): PreviewFrame | null {
  if (data.byteLength < HEADER) return null
  const length = new DataView(data).getUint32(0)
  if (data.byteLength < HEADER + length) return null
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(data, HEADER, length))) as Omit<PreviewFrame, 'jpeg'>
  return { ...header, jpeg: new Blob([new Uint8Array(data, HEADER + length)], { type: 'image/jpeg' }) }
}
