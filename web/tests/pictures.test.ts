import { describe, expect, it } from 'vitest'
import { produce } from 'immer'
import { catalogueOf, type InputType, type NodeType } from '@/model/catalogue'
import { apply, canApply, differences } from '@/model/differences'
import type { WorkflowDocument } from '@/model/document'
import type { Socket } from '@/model/sockets'
import { sweepable, valuesOf } from '@/model/sweeping'
import { queryOf } from '@/panels/searching'

function input(name: string, socket: Socket, more: Partial<InputType> = {}): InputType {
  return { name, socket, doc: '', ge: null, le: null, step: null, multiline: false, folder: null, role: null, lazy: false, variadic: false, least: 0, when: null, ...more }
}

const type: NodeType = {
  id: 'Draw', category: '', doc: '', version: 1, aliases: [], output: true, deprecated: '', outputs: [{ name: 'image', socket: 'Image', doc: '' }],
  inputs: [input('steps', 'int', { default: 20 }), input('cfg', 'float', { default: 4, step: 0.5 }), input('mode', { choice: ['a', 'b', 'c'] }), input('model', 'FileRef'), input('text', 'str'), input('image', 'Image')],
}
const catalogue = catalogueOf([type])
const document = (inputs: Record<string, never> | object, more: object = {}): WorkflowDocument => ({ calotype: 1, nodes: { draw: { type: 'Draw', inputs: { ...inputs } }, ...more } })

describe('differences', () => {
  it('are listed field by field, with defaults where nothing is said, and files by their names', () => {
    const mine = document({ cfg: 4, model: { file: 'm' }, text: 'x' })
    const theirs = document({ steps: 20, cfg: 7, model: { file: 'm', hash: 'blake3:1' }, text: 'x' })
    expect(differences(mine, theirs, catalogue)).toEqual([{ sheet: null, node: 'draw', input: 'cfg', kind: 'value', mine: 4, theirs: 7 }])
    expect(differences(mine, mine, catalogue)).toEqual([])
  })

  it('name nodes that are on one side only, and these cannot be taken over', () => {
    const theirs = document({}, { more: { type: 'Draw', inputs: { image: { from: 'draw.image' } } } })
    const [added] = differences(document({}), theirs, catalogue)
    expect(added).toMatchObject({ node: 'more', kind: 'added' })
    expect(added && canApply(document({}), added)).toBe(false)
    expect(differences(theirs, document({}), catalogue)).toMatchObject([{ node: 'more', kind: 'removed' }])
  })

  it('when all are taken over, nothing is different any more', () => {
    const mine = document({ cfg: 1, mode: 'a', text: 'gone' })
    const theirs: WorkflowDocument = { ...document({ cfg: 2, mode: 'b' }), name: 'other' }
    const all = differences(mine, theirs, catalogue)
    const after = produce(mine, (draft) => { for (const one of all) apply(draft, one) })
    expect(all.map((d) => d.input)).toEqual(['cfg', 'mode', 'text'])
    expect(differences(after, theirs, catalogue)).toEqual([])
  })
})

describe('values of a sweep', () => {
  const of = (name: string) => type.inputs.find((i) => i.name === name) ?? input('', 'int')

  it.each([
    ['steps', '1, 2, 2, 4', [1, 2, 4]], ['steps', '1..9 step 4', [1, 5, 9]], ['steps', '3..1', [3, 2, 1]], ['steps', '1.5', null], ['steps', 'many', null],
    ['cfg', '1..2', [1, 1.5, 2]], ['cfg', '0.1..0.3 step 0.1, 7', [0.1, 0.2, 0.3, 7]], ['mode', 'a, c', ['a', 'c']], ['mode', 'a, z', null],
    ['model', 'x.safetensors, y.gguf', [{ file: 'x.safetensors' }, { file: 'y.gguf' }]], ['text', 'one, two\nthree', ['one, two', 'three']], ['steps', '', []], ['steps', '1..100000', null],
  ])('%s: %j', (name, text, values) => {
    expect(valuesOf(text, of(name))).toEqual(values)
  })

  it('are taken for every input with a value, the public ones first and by their names', () => {
    const shown = { ...document({ text: 'x', image: { from: 'other.image' } }), inputs: { prompt: { node: 'draw', input: 'text' } } }
    expect(sweepable(shown, catalogue).map((s) => s.place)).toEqual(['prompt', 'draw.steps', 'draw.cfg', 'draw.mode', 'draw.model'])
    expect(sweepable(shown, catalogue).map((s) => s.label)).toEqual(['prompt', 'Draw · steps', 'Draw · cfg', 'Draw · mode', 'Draw · model'])
  })
})

describe('the search of the gallery', () => {
  it.each([
    ['', {}], ['red  apple', { search: 'red apple' }], ['seed:7 pear', { search: 'seed:7 pear' }], ['model:emoji type:KSampler x', { model: 'emoji', type: 'KSampler', search: 'x' }], ['type:', {}],
  ])('%j', (text, query) => {
    expect(queryOf(text)).toEqual({ state: 'succeeded,failed,cancelled', ...query })
  })
})
