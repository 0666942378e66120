/** A colour, as a word or as #rrggbb. */

import { LineField } from './TextField'
import type { WidgetProps } from './kinds'

export function ColourField(props: WidgetProps) {
  const shown = props.value ?? props.input.default
  const hex = typeof shown === 'string' && /^#[0-9a-f]{6}$/i.test(shown) ? shown : '#808080'
  return (
    <div className="colour nodrag">
      <LineField {...props} />
      <input type="color" aria-label={props.label} value={hex} onChange={(e) => props.set(e.target.value, 'colour')} />
    </div>
  )
}
