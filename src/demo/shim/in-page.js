// Runs in the page of the local Slack, before the page's own code: it makes the page show each person only
// what Slack would show them, and shows the topics and pins that the page knows nothing of.
;(() => {
  const Native = window.WebSocket
  const topics = {}
  const pinStyle = document.createElement('style')
  // Whom the page acts as; null until somebody chooses, then the page takes the first human being.
  let person = null
  let address = null
  let show = () => {}

  window.spillwayTopic = (channel) => topics[channel]
  document.head.append(pinStyle)

  const isForPerson = (owner) => !owner || owner === person
  const isOpenTo = (channel) => !channel.is_im || channel.members.includes(person)

  function improveState(state) {
    const bots = new Set(state.apps.map((app) => app.botUserId))
    person ??= state.users.find((user) => !user.is_bot && !bots.has(user.id))?.id ?? null
    for (const [channel, messages] of Object.entries(state.messages))
      state.messages[channel] = messages.filter((message) => isForPerson(message.ephemeral_to))
    state.channels = state.channels.filter(isOpenTo)
    state.modalStack = state.modalStack.filter((view) => isForPerson(view.owner))
    return state
  }

  // What the page is shown of a frame; null if nothing.
  const IMPROVE = {
    init: (frame) => ({ ...frame, state: improveState(frame.state) }),
    view: (frame) => ({ ...frame, stack: frame.stack.filter((view) => isForPerson(view.owner)) }),
    message: (frame) => (isForPerson(frame.message.ephemeral_to) ? frame : null),
    channel: (frame) => (isOpenTo(frame.channel) ? frame : null),
    topic({ channel, topic }) {
      topics[channel] = topic
      // An update of a message that does not exist changes nothing, but the page draws itself again.
      return { t: 'message_update', message: { channel, ts: '0' } }
    },
    pin({ ts }) {
      const message = `.msg[data-ts="${CSS.escape(ts)}"]`
      pinStyle.sheet.insertRule(`${message} { background: #fef9e6; }`)
      pinStyle.sheet.insertRule(
        `${message} .msg-head::after { content: "📌 pinned"; color: #616061; font-size: 12px; margin-left: 8px; }`,
      )
      return null
    },
  }

  function improve(data) {
    const frame = JSON.parse(data)
    return Object.hasOwn(IMPROVE, frame.t) ? IMPROVE[frame.t](frame) : frame
  }

  function receive({ data }) {
    const frame = improve(data)
    if (frame !== null) show({ data: JSON.stringify(frame) })
  }

  window.WebSocket = class extends Native {
    constructor(url) {
      super(url)
      address = url
      this.addEventListener('message', receive)
    }
    set onmessage(handler) {
      show = handler
    }
  }

  // Whoever one acts as next sees other things: the state is fetched anew.
  document.addEventListener('change', ({ target }) => {
    if (!target.matches('.actas select')) return
    person = target.value
    const fresh = new Native(address)
    fresh.addEventListener('message', (event) => {
      if (JSON.parse(event.data).t !== 'init') return
      receive(event)
      fresh.close()
    })
  })
})()
