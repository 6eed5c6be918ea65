/* The question to the class: its answers as buttons on a student's page, as bars that grow on the
   projector; after the second vote the first stands beside it. */
window.netglassBoardQuestions = (() => {
  const { make, button } = netglassBoardParts;

  const textOf = (say, question) => (question.name ? say(`ask.${question.name}`) : question.question);
  const answersOf = (say, { name, rounds, answers }) =>
    rounds[0].map((_, index) => (name ? say(`ask.${name}.${index + 1}`) : answers[index]));

  /* A bar of one answer in one round; in words for who can't see it. */
  function bar(votes, total, css) {
    const row = make("div", `board-bar ${css}`), fillPart = make("i");
    fillPart.style.width = `${total ? (100 * votes) / total : 0}%`;
    row.append(fillPart, make("b", "", String(votes)));
    return row;
  }

  /* The bars, a row for each answer. */
  function bars(say, question) {
    const list = make("dl", "board-bars"), both = question.rounds.length > 1;
    const totals = question.rounds.map((round) => round.reduce((sum, votes) => sum + votes, 0));
    answersOf(say, question).forEach((answer, index) => {
      list.append(make("dt", "", answer));
      const cell = make("dd");
      question.rounds.forEach((round, number) => {
        const css = number || !both ? "role-made" : "role-real"; // before, after
        const one = bar(round[index], totals[number], css);
        if (both) one.prepend(make("span", "", say(number ? "after" : "before")));
        cell.append(one);
      });
      list.append(cell);
    });
    return list;
  }

  /* A student's answers, of which one is pressed. */
  function choices(say, question) {
    const row = make("div", "board-answers"), mine = question.mine.at(-1);
    answersOf(say, question).forEach((answer, index) => {
      const one = button(answer, () => netglassBoard.act("vote", { question: question.key, answer: index }), `a${index}`);
      one.setAttribute("aria-pressed", String(mine === index));
      one.disabled = !question.open;
      row.append(one);
    });
    return row;
  }

  /* The nodes of a question; none if there is none. Students see the bars when they have answered. */
  function nodes(say, question, isTeacher) {
    if (!question) return [];
    const heading = make("h3", "", textOf(say, question));
    const count = question.rounds.at(-1).reduce((sum, votes) => sum + votes, 0);
    const line = question.open ? say("votes", { count }) : say("closed");
    const answered = isTeacher || !question.open || question.mine.at(-1) != null;
    return [
      heading,
      isTeacher ? null : choices(say, question),
      answered ? bars(say, question) : null,
      make("p", "", line),
    ];
  }

  return { nodes, textOf };
})();
