import { openBullmqWorld } from './bullmq-world.ts'
import { describeQueueSystem } from './queue-system-contract.ts'

describeQueueSystem('BullMQ on Redis', openBullmqWorld)
