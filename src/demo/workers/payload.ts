const NAMES = ['Ioana Pop', 'Mihai Ene', 'Elena Dinu', 'Radu Stan', 'Sorina Vlad']
const digits = (count: number): string =>
  Array.from({ length: count }, () => Math.floor(Math.random() * 10)).join('')

/** What a job of a queue is about, by the first part of its name. */
const SUBJECTS: Readonly<Record<string, () => object>> = {
  payment: () => ({ orderId: `ord_${digits(6)}`, amount: Number(digits(4)), currency: 'RON' }),
  invoice: () => ({ invoiceId: `inv_${digits(6)}`, series: 'NWS' }),
  logistics: () => ({ parcelId: `awb_${digits(8)}`, carrier: 'fan' }),
  enrich: () => ({ companyId: `com_${digits(5)}` }),
}
const campaign = (): object => ({ campaignId: `cmp_${digits(4)}`, template: 'spring_offer_ro' })

/** A job's data as such platforms have it: useful facts beside what nobody should read in a chat. */
export function payloadFor(queue: string): object {
  const name = NAMES[Math.floor(Math.random() * NAMES.length)] ?? ''
  const subject = SUBJECTS[queue.split(':')[0] ?? ''] ?? campaign
  return {
    ...subject(),
    customer: {
      name,
      email: `${name.toLowerCase().replace(' ', '.')}@customer.example`,
      phone: `+407${digits(8)}`,
      iban: `RO49AAAA1B31${digits(12)}`,
    },
    provider: { apiKey: `wk_live_${digits(24)}`, region: 'eu-central' },
  }
}

const FAULTS = [
  () => `connect ETIMEDOUT 203.0.113.${Math.floor(Math.random() * 200)}:443`,
  () => `connect ETIMEDOUT 203.0.113.${Math.floor(Math.random() * 200)}:443`,
  () => `connect ETIMEDOUT 203.0.113.${Math.floor(Math.random() * 200)}:443`,
  () => `provider answered 503 for message ${digits(9)}`,
]

/** Why a message could not be sent: the provider, most of the time unreachable. */
export const providerFault = (): string =>
  (FAULTS[Math.floor(Math.random() * FAULTS.length)] ?? (() => 'unknown'))()
