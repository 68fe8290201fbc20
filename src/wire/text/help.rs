//! The commands, explained.

/// What everybody may need.
pub(super) const BASICS: [&str; 16] = [
    "Whatever you type goes to everybody in your room. Lines that start with / are commands:",
    "/who [#ROOM]       who is here, or there",
    "/nick NEW          change your nickname",
    "/me TEXT           * you TEXT",
    "/msg NICK TEXT     say it to one person only, or to a #ROOM; /r TEXT answers",
    "/history [N]       the last messages again",
    "/rooms             which rooms there are",
    "/join #ROOM [KEY]  go to a room and talk there; a new one is yours",
    "/part [#ROOM]      leave a room",
    "/topic [TEXT|-]    what the room is about; - for nothing",
    "/whois NICK        about a person",
    "/away [TEXT]       you are away; without TEXT: you are back",
    "/help room         what those in charge of a room can do",
    "/help              this",
    "/quit [REASON]     leave",
    "//TEXT             say /TEXT",
];

/// What those need who are in charge of a room.
pub(super) const FOR_OPERATORS: [&str; 14] = [
    "In a room of which you are an operator (@):",
    "/invite NICK [#ROOM]    let somebody in; anybody may tell others of a room so",
    "/kick NICK [REASON]     make somebody leave",
    "/ban NICK|MASK [TIME]   and not come back, for 30m, 2h, 7d or for good",
    "/unban NICK|MASK        let them come back",
    "/bans                   who is banned or muted",
    "/mute NICK|MASK [TIME]  let somebody stay, and not talk",
    "/unmute NICK|MASK       let them talk again",
    "/op NICK                make somebody an operator, too",
    "/deop NICK              and take it back",
    "/voice NICK             let somebody talk where others may not (+)",
    "/unvoice NICK           and take it back",
    "/room                   the rules of the room; to change them:",
    "/room invite-only|moderated|secret on|off, key WORD|off, limit N|off, slow SECONDS|off, topic operators|all",
];
