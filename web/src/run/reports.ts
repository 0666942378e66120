/** What became of workflows of other programs: the report of each tab that was imported. */

import { create } from 'zustand'
import { useUi } from '@/app/ui'
import { onReport, type ImportReport } from './documents'

interface Reports {
  reports: Readonly<Record<string, { report: ImportReport; file: string }>>
}

export const useReports = create<Reports>()(() => ({ reports: {} }))

onReport((tab, report, file) => {
  useReports.setState(({ reports }) => ({ reports: { ...reports, [tab]: { report, file } } }))
  useUi.getState().show({ dialog: `report:${tab}` })
})
