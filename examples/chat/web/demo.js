// Who may sit at this page. The tokens are for the demonstration alone, as in examples/chat/demo.ts:
// they open nothing but a chat on one's own machine.
export const persons = [
  {
    name: 'Ada',
    userId: 'usr_p4q5r6',
    token: 'demo_token_of_ada',
    about: 'Member of general',
  },
  {
    name: 'Ben',
    userId: 'usr_k7m2n9',
    token: 'demo_token_of_ben',
    about: 'Member of general',
  },
  {
    name: 'Cleo',
    userId: 'usr_t3v8w1',
    token: 'demo_token_of_cleo',
    about: 'In no channel yet',
  },
]

export const nameOf = (userId) => persons.find((one) => one.userId === userId)?.name ?? userId
