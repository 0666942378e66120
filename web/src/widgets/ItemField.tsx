/** The widget of one item of a list. */

import { ChoiceField } from './ChoiceField'
import { JsonField } from './JsonField'
import { kindOf, type WidgetProps } from './kinds'
import { NumberField } from './NumberField'
import { LineField } from './TextField'
import { ToggleField } from './ToggleField'

const OF = { choice: ChoiceField, toggle: ToggleField, integer: NumberField, number: NumberField, slider: NumberField, line: LineField, text: LineField, json: JsonField }

export function ItemField(props: WidgetProps) {
  const kind = kindOf(props.input)
  const Chosen = kind in OF ? OF[kind as keyof typeof OF] : JsonField
  return <Chosen {...props} />
}
