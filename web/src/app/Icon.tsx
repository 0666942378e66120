/** Line icons, drawn on a grid of 16: one path each. */

const PATHS = {
  add: 'M8 3v10M3 8h10',
  alert: 'M8 2.5 14.5 13.5h-13zM8 6.5v3.2M8 11.6v.1',
  back: 'M9.5 3.5 5 8l4.5 4.5',
  brush: 'M13.5 2.5 7 9M7.500 8.500 6 7.500M6.200 8.200c-1.700 0-2.700 1-2.700 2.700 0 1-.5 1.800-1.500 2.100 2.800.9 6 .3 6-2.600z',
  check: 'm3.5 8.5 3 3 6-7',
  close: 'm4 4 8 8M12 4l-8 8',
  compare: 'M8 2v12M2.5 4h3v8h-3zM10.5 4h3v8h-3z',
  copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
  down: 'm4 6 4 4 4-4',
  download: 'M8 2.5v8M4.5 7.5 8 11l3.5-3.5M3 13.5h10',
  eraser: 'm6 13-3.500-3.500 7-7L13.500 6.500l-6.500 6.500zM6 6l4 4M6 13h7.500',
  eye: 'M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8zM8 6a2 2 0 1 1 0 4 2 2 0 0 1 0-4z',
  file: 'M4 2h5.5L13 5.5V14H4zM9.5 2v3.5H13',
  fit: 'M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10',
  folder: 'M2 4h4l1.5 2H14v7H2z',
  form: 'M3 3h10v3.5H3zM3 9.5h10V13H3z',
  frame: 'M2.5 4.5h11v9h-11zM2.5 2h5',
  gallery: 'M2.5 3h11v10h-11zM2.5 11l3.5-4 3 3 2-2 2.5 3M10.5 5.5v.1',
  graph: 'M2.500 3h4v3.500h-4zM9.500 9.500h4V13h-4zM6.500 4.700h2.500c1.500 0 1.500 6.500 3 6.500',
  handle: 'M5.500 3.500h.1M10.500 3.500h.1M5.500 8h.1M10.500 8h.1M5.500 12.500h.1M10.500 12.500h.1',
  heading: 'M4 3v10M12 3v10M4 8h8',
  help: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM6.2 6.2c.2-1 .9-1.6 1.9-1.6 1 0 1.8.7 1.8 1.6 0 1.3-1.9 1.4-1.9 2.8M8 11.4v.1',
  history: 'M2.5 8A5.5 5.5 0 1 0 4.3 4L2.5 5.6M2.5 2.5v3.1h3.1M8 5v3.2l2.2 1.3',
  library: 'M3 2.5h4v4H3zM9 2.5h4v4H9zM3 9.5h4v4H3zM9 9.5h4v4H9z',
  menu: 'M2.5 4h11M2.5 8h11M2.5 12h11',
  moon: 'M13 9.5A5.5 5.5 0 0 1 6.5 3 5.5 5.5 0 1 0 13 9.5z',
  more: 'M3.5 8h.1M8 8h.1M12.5 8h.1',
  outline: 'M2.5 3.5h4M5.5 8h8M5.5 12.5h8M2.5 3.5v9h3M2.5 8h3',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  pin: 'M6 2.500h4M6.500 2.500v4L4 9h8L9.500 6.500v-4M8 9v4.500',
  play: 'M5 3v10l8-5z',
  queue: 'M2.5 4h11M2.5 8h11M2.5 12h6',
  redo: 'M12.5 6.5H6a3.5 3.5 0 0 0 0 7h3M10 4l2.5 2.5L10 9',
  right: 'm6 4 4 4-4 4',
  save: 'M3 3h8l2 2v8H3zM5.5 3v3.5h4V3M5 13V9h6v4',
  search: 'M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9zM10.3 10.3 14 14',
  settings: 'M2.5 5h6M11.5 5h2M10 3.5v3M2.5 11h2M7.500 11h6M6 9.5v3',
  stop: 'M4 4h8v8H4z',
  sun: 'M8 5.2a2.8 2.8 0 1 1 0 5.600 2.8 2.8 0 0 1 0-5.600zM8 1.5v1.300M8 13.2v1.300M1.5 8h1.300M13.2 8h1.300M3.4 3.4l.9.9M11.7 11.7l.9.9M3.4 12.6l.9-.9M11.700 4.300l.9-.9',
  tidy: 'M2.5 3h4v3.500h-4zM9.5 3h4v3.500h-4zM9.5 9.5h4V13h-4zM6.5 4.700h3M8 4.700v6.500h1.500',
  trash: 'M3 4.500h10M6.500 4.500v-2h3v2M4.500 4.500l.6 9h5.800l.6-9',
  undo: 'M3.500 6.500H10a3.500 3.500 0 0 1 0 7H7M6 4 3.500 6.500 6 9',
  up: 'm4 10 4-4 4 4',
  upload: 'M8 11V3M4.500 6.500 8 3l3.500 3.500M3 13.500h10',
} as const

export type IconName = keyof typeof PATHS

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 16 16" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  )
}
