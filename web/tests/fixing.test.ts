// @vitest-environment jsdom
import { describe, expect, test } from 'vitest'
import { catalogueOf, type InputType, type NodeType } from '@/model/catalogue'
import type { NodeJson, WorkflowDocument } from '@/model/document'
import { roomFor } from '@/model/tidy'
import { fixFor } from '@/run/fixing'
import type { Problem } from '@/run/state'

const input = (name: string, socket: InputType['socket'], more: Partial<InputType> = {}): InputType => ({
  name, socket, doc: '', ge: null, le: null, step: null, multiline: false, folder: null, role: null, lazy: false, variadic: false, least: 0, when: null, ...more,
})
const type = (id: string, inputs: InputType[], outputs: [string, string][]): NodeType => ({
  id, category: '', doc: '', version: 1, aliases: [], output: false, deprecated: '', inputs, outputs: outputs.map(([name, socket]) => ({ name, socket, doc: '' })),
})
const catalogue = catalogueOf([
  type('Loader', [], [['model', 'Model'], ['clip', 'Clip']]),
  type('Encode', [input('clip', 'Clip')], [['conditioning', 'Conditioning']]),
  type('EmptyLatent', [input('width', 'int', { default: 64, ge: 16, le: 4096 })], [['latent', 'Latent']]),
  type('Sample', [input('model', 'Model'), input('positive', 'Conditioning'), input('negative', 'Conditioning'), input('latent', 'Latent')], [['latent', 'Latent']]),
  type('Decode', [input('latent', 'Latent')], [['image', 'Image']]),
])

const workflow = (nodes: Record<string, NodeJson>): WorkflowDocument => ({ calotype: 1, name: 'w', nodes })
const problem = (code: string, node: string, more: Partial<Problem> = {}): Problem => ({ code, node, message: '', text: '', ...more })

/** The inputs of a node after all that is missing in it was mended, one after the other. */
function mended(document: WorkflowDocument, missing: [string, string][]): Record<string, NodeJson['inputs']> {
  for (const [node, name] of missing) fixFor(problem('missing', node, { input: name }), document, catalogue)?.apply(document)
  return Object.fromEntries(Object.entries(document.nodes).map(([id, n]) => [id, n.inputs]))
}

describe('a problem is mended', () => {
  test('by links to the outputs that were probably meant: unused ones first, never in a circle', () => {
    const document = workflow({ loader: { type: 'Loader' }, encode: { type: 'Encode' }, encode_2: { type: 'Encode' }, empty_latent: { type: 'EmptyLatent' }, sample: { type: 'Sample' }, decode: { type: 'Decode' } })
    const missing: [string, string][] = [['encode', 'clip'], ['encode_2', 'clip'], ['sample', 'model'], ['sample', 'positive'], ['sample', 'negative'], ['sample', 'latent'], ['decode', 'latent']]
    expect(mended(document, missing)).toEqual({
      loader: undefined, encode: { clip: { from: 'loader.clip' } }, encode_2: { clip: { from: 'loader.clip' } }, empty_latent: undefined,
      sample: { model: { from: 'loader.model' }, positive: { from: 'encode.conditioning' }, negative: { from: 'encode_2.conditioning' }, latent: { from: 'empty_latent.latent' } },
      decode: { latent: { from: 'sample.latent' } },
    })
  })

  test('by the node that is called like the input', () => {
    const document = workflow({ negative: { type: 'Encode' }, other: { type: 'Encode', title: 'Positive words' }, sample: { type: 'Sample' } })
    expect(mended(document, [['sample', 'positive'], ['sample', 'negative']]).sample).toEqual({ positive: { from: 'other.conditioning' }, negative: { from: 'negative.conditioning' } })
  })

  test('by the nearest value, name, type or output: each stays what it is', () => {
    const document = workflow({ a: { type: 'EmptyLatnt', inputs: { width: 9999 } }, b: { type: 'EmptyLatent', inputs: { width: 9999, widht: 32 } }, c: { type: 'Decode', inputs: { latent: { from: 'b.laten' } } } })
    const problems = [problem('unknown-type', 'a', { suggestion: 'EmptyLatent' }), problem('range', 'b', { input: 'width' }), problem('unknown-output', 'c', { input: 'latent', suggestion: 'b.latent' })]
    expect(problems.map((p) => fixFor(p, document, catalogue)?.label)).toEqual(['Use “EmptyLatent”', 'Use “4096”', 'Use “b.latent”'])
    for (const p of problems) fixFor(p, document, catalogue)?.apply(document)
    expect(document.nodes).toEqual({ a: { type: 'EmptyLatent', inputs: { width: 9999 } }, b: { type: 'EmptyLatent', inputs: { width: 4096, widht: 32 } }, c: { type: 'Decode', inputs: { latent: { from: 'b.latent' } } } })
    fixFor(problem('unknown-input', 'b', { input: 'widht', suggestion: 'width' }), document, catalogue)?.apply(document)
    expect(document.nodes.b?.inputs).toEqual({ width: 4096 })
  })

  test('not where nothing fits', () => {
    expect(fixFor(problem('missing', 'sample', { input: 'model' }), workflow({ sample: { type: 'Sample' }, decode: { type: 'Decode' } }), catalogue)).toBe(null)
  })

  test('by a common node where nothing on the sheet gives it, and another one for the next input', () => {
    const more = catalogueOf([...catalogue.values(), { ...type('TextEncode', [input('clip', 'Clip')], [['conditioning', 'Conditioning']]) }])
    const document = { ...workflow({ sample: { type: 'Sample' } }), layout: { sample: { x: 500, y: 0 } } }
    const problems = ['positive', 'negative'].map((name) => problem('missing', 'sample', { input: name }))
    for (const p of problems) fixFor(p, document, more)?.apply(document)
    expect(document.nodes).toEqual({
      sample: { type: 'Sample', inputs: { positive: { from: 'text_encode.conditioning' }, negative: { from: 'text_encode_2.conditioning' } } },
      text_encode: { type: 'TextEncode' }, text_encode_2: { type: 'TextEncode' },
    })
    const [one, two] = [document.layout, document.layout].map((layout, i) => (layout as Record<string, { x: number; y: number }>)[['text_encode', 'text_encode_2'][i] ?? ''])
    expect([one?.x, one?.y, two?.x, (two?.y ?? 0) > 60]).toEqual([164, 0, 164, true])
  })
})

test('a new node covers no other: it goes to the right of what is in its way', () => {
  const box = { x: 0, y: 0, width: 100, height: 50 }
  expect([roomFor(box, []), roomFor(box, [box]), roomFor(box, [box, { ...box, x: 150, y: 40 }]), roomFor(box, [{ ...box, y: 50 }])]).toEqual([{ x: 0, y: 0 }, { x: 144, y: 0 }, { x: 294, y: 0 }, { x: 0, y: 0 }])
})
