/** Times and sizes in words. */

import { t } from '@/app/i18n'
import type { NodeRun } from './state'

export function seconds(value: number): string {
  if (value < 0.0995) return `${Math.round(value * 1000)} ms`
  if (value < 99.5) return `${value.toFixed(value < 9.95 ? 1 : 0)} s`
  const whole = Math.round(value)
  return `${Math.floor(whole / 60)} min ${whole % 60} s`
}

/** Peak memory: of the device where there is one, else of the process. */
export function memoryOf({ peak, grown, vram }: NodeRun): string {
  if (vram) return t('mark.vram', { size: megabytes(vram) })
  if (!peak) return ''
  return grown && grown > 2 ** 20 ? t('mark.peak.grown', { size: megabytes(peak), more: megabytes(grown) }) : t('mark.peak', { size: megabytes(peak) })
}

export function megabytes(bytes: number): string {
  return bytes >= 2 ** 30 ? `${(bytes / 2 ** 30).toFixed(1)} GB` : `${Math.round(bytes / 2 ** 20)} MB`
}
