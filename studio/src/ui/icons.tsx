/** One set of drawn signs: 20 units square, a stroke of 1.5 that follows the text's colour. Beside a label they say nothing of their own. */

const paths = {
  menu: 'M3.5 6h13M3.5 10h13M3.5 14h8',
  plus: 'M10 4v12M4 10h12',
  chat: 'M4 15.8V6.2A2.2 2.2 0 0 1 6.2 4h7.6A2.2 2.2 0 0 1 16 6.2v4.6a2.2 2.2 0 0 1-2.2 2.2H7.2z',
  quill: 'M4 16.5c.6-5 3.7-11 12-12.5-.4 4.6-2.4 8.6-8 9.3M4 16.5c1-1.5 2-2.6 4-3.2M7.5 10.5l3.8-2.3',
  sliders:
    'M3.5 6.5h6m4 0h3M3.5 13.5h3m4 0h6M13.5 6.5a2 2 0 1 1-4 0 2 2 0 0 1 4 0ZM10.5 13.5a2 2 0 1 1-4 0 2 2 0 0 1 4 0Z',
  send: 'M10 16V4.5M5 9.2l5-5 5 5',
  stop: 'M6 6h8v8H6z',
  close: 'm5 5 10 10M15 5 5 15',
  check: 'm4.5 10.5 3.7 3.7 7.3-8',
  copy: 'M7.5 7.5V5.2A1.7 1.7 0 0 1 9.2 3.5h5.6a1.7 1.7 0 0 1 1.7 1.7v5.6a1.7 1.7 0 0 1-1.7 1.7h-2.3M5.2 7.5h5.6a1.7 1.7 0 0 1 1.7 1.7v5.6a1.7 1.7 0 0 1-1.7 1.7H5.2a1.7 1.7 0 0 1-1.7-1.7V9.2a1.7 1.7 0 0 1 1.7-1.7Z',
  refresh: 'M15.8 8A6.2 6.2 0 1 0 16 11.5M16 4.2V8h-3.8',
  edit: 'm4 16 .7-3.3L13 4.4a1.4 1.4 0 0 1 2 0l.6.6a1.4 1.4 0 0 1 0 2L7.3 15.3zM11.5 6l2.5 2.5',
  trash: 'M4 6h12M8 6V4.2h4V6M5.5 6l.7 9.8h7.6l.7-9.8M8.5 9v4M11.5 9v4',
  download: 'M10 3.5v9m0 0 3.5-3.5M10 12.5 6.5 9M4 16.5h12',
  upload: 'M10 12.5v-9m0 0L6.5 7M10 3.5 13.5 7M4 16.5h12',
  sun: 'M13 10a3 3 0 1 1-6 0 3 3 0 0 1 6 0ZM10 2.8v1.4m0 11.6v1.4M2.8 10h1.4m11.6 0h1.4M4.9 4.9l1 1m8.2 8.2 1 1m0-10.2-1 1m-8.2 8.2-1 1',
  moon: 'M16 11.8A6.5 6.5 0 0 1 8.2 4a6.5 6.5 0 1 0 7.8 7.8Z',
  keyboard:
    'M3.8 5.5h12.4a1.3 1.3 0 0 1 1.3 1.3v6.4a1.3 1.3 0 0 1-1.3 1.3H3.8a1.3 1.3 0 0 1-1.3-1.3V6.8a1.3 1.3 0 0 1 1.3-1.3ZM5.5 8.5h.1m2.9 0h.1m2.9 0h.1m2.9 0h.1M7 11.8h6',
  key: 'M12.5 11.5a4 4 0 1 0-3.7-2.5L3.5 14.3v2.2h2.7v-1.8H8v-1.8l1.4-1.3c.9.5 2 .7 3.1-.1ZM13.2 6.8h.1',
  chevronDown: 'm5.5 8 4.5 4.5L14.5 8',
  chevronLeft: 'M12 5.5 7.5 10l4.5 4.5',
  chevronRight: 'M8 5.5 12.5 10 8 14.5',
  dots: 'M5 10h.1M10 10h.1M15 10h.1',
  tool: 'M12.8 3.7a4 4 0 0 0-4.3 5.5L3.8 13.9a1.6 1.6 0 0 0 2.3 2.3l4.7-4.7a4 4 0 0 0 5.5-4.3l-2.5 2.2-2.1-.9-.6-2.2z',
  braces: 'M7.5 4C5 4 6.5 8.5 4 10c2.5 1.5 1 6 3.5 6M12.5 4c2.5 0 1 4.5 3.5 6-2.5 1.5-1 6-3.5 6',
  warning: 'M10 3.5 17.5 16h-15zM10 8v4M10 14h.1',
  search: 'M13.5 8.8a4.8 4.8 0 1 1-9.5 0 4.8 4.8 0 0 1 9.5 0ZM12.3 12.3 16.5 16.5',
  play: 'M6.5 4.5 15 10l-8.5 5.5z',
  undo: 'M7 4.5 3.5 8 7 11.5M3.8 8h7.7a4 4 0 0 1 0 8H8',
  down: 'M10 4v11.5M5 10.8l5 5 5-5',
  list: 'M8 5.5h8.5M8 10h8.5M8 14.5h8.5M3.6 5.4l.9.9 1.6-1.8M3.6 9.9l.9.9 1.6-1.8M3.6 14.4l.9.9 1.6-1.8',
  branch:
    'M6 7.2v5.6M6 10h4.5a3 3 0 0 0 3-2.8M8 5a2 2 0 1 1-4 0 2 2 0 0 1 4 0ZM8 15a2 2 0 1 1-4 0 2 2 0 0 1 4 0ZM15.6 5.2a2 2 0 1 1-4 0 2 2 0 0 1 4 0Z',
  thought: 'M10 3.5a5 5 0 0 0-3 9v1.7h6v-1.7a5 5 0 0 0-3-9ZM8 16.5h4',
} as const

export type IconName = keyof typeof paths

export function Icon({ name, size = 18 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  )
}

/** The needle of a compass that points to where the ostro blows from: south. */
export function Mark({ size = 26 }: { readonly size?: number }) {
  return (
    <svg className="mark" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <circle className="mark-ring" cx="16" cy="16" r="12.5" />
      <path className="mark-north" d="M16 5.5 19.6 16h-7.2z" />
      <path className="mark-south" d="M16 26.5 12.4 16h7.2z" />
    </svg>
  )
}
