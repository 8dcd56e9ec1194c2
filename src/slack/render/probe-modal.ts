import type { ModalView } from '@slack/types'

import type { OperatorError } from '../../domain/errors.ts'
import type { ProbeReading } from '../../domain/ports/probes.ts'
import { listing } from '../../domain/text.ts'
import type { ProbeView } from '../../usecases/recovery/probe.ts'
import { CALLBACK_IDS } from '../action-ids.ts'
import { context, section } from './elements.ts'
import { modal } from './modal.ts'
import { code, fenced, prose, queueName, sentence } from './mrkdwn.ts'
import { problemLines, renderFault } from './problem.ts'

const TITLE = 'Run a probe'
const QUEUES_SHOWN = 5

/** Opened at once: the right to open a modal lasts three seconds. */
export const loadingProbe = (): ModalView =>
  modal({
    title: TITLE,
    blocks: [section(':hourglass_flowing_sand: Looking it up. Nothing is sent yet.')],
  })

/** What is sent where, before anybody says yes. */
export function probeModal({ purpose, where, body, queues }: ProbeView, token: string): ModalView {
  const named = queues.slice(0, QUEUES_SHOWN).map(queueName)
  return modal({
    title: TITLE,
    submit: 'Send it',
    callbackId: CALLBACK_IDS.probeSubmit,
    privateMetadata: token,
    blocks: [
      section(
        `*${prose(purpose.probe, 100)}* goes the whole way through ${listing(named)}, with all its effects.`,
        `It sends ${where === null ? 'what is configured' : code(where, 500)}, once${body === null ? '.' : ', with this body:'}`,
      ),
      ...(body === null ? [] : [section(fenced([body], 1500))]),
      context('Who may resume these queues may send it. It goes into the audit trail.'),
    ],
  })
}

/** Answers the submission at once; the request takes its time. */
export const sendingProbe = (): ModalView =>
  modal({
    title: TITLE,
    blocks: [
      section(
        ':hourglass_flowing_sand: It is sent now. The checklist in the room shows what comes of it; you may close this.',
      ),
    ],
  })

const ICONS = { well: ':white_check_mark:', unwell: ':x:', unknown: ':grey_question:' } as const

export const probeOutcome = ({ name, state, words }: ProbeReading): ModalView =>
  modal({
    title: TITLE,
    blocks: [section(`${ICONS[state]} *${prose(name, 100)}*: ${sentence(words, 500)}`)],
  })

export const refusedProbe = (error: OperatorError): ModalView =>
  modal({ title: TITLE, blocks: [section(...problemLines(error))] })

export const faultyProbe = (reference: string): ModalView =>
  modal({ title: TITLE, blocks: renderFault(reference).blocks })
