//! Who may do what where, computed as Discord's documents say: everyone's role, own roles, then the
//! overwrites of the channel, everyone first, the member last. Threads have those of their parent.

use super::state::{Id, Kind, World};

pub(crate) const MANAGE_GUILD: u64 = 1 << 5;
pub(crate) const VIEW_CHANNEL: u64 = 1 << 10;
pub(crate) const SEND_MESSAGES: u64 = 1 << 11;
pub(crate) const MANAGE_MESSAGES: u64 = 1 << 13;
pub(crate) const EMBED_LINKS: u64 = 1 << 14;
pub(crate) const ATTACH_FILES: u64 = 1 << 15;
pub(crate) const MENTION_EVERYONE: u64 = 1 << 17;
pub(crate) const READ_MESSAGE_HISTORY: u64 = 1 << 16;
pub(crate) const USE_APPLICATION_COMMANDS: u64 = 1 << 31;
pub(crate) const MANAGE_THREADS: u64 = 1 << 34;
pub(crate) const CREATE_PUBLIC_THREADS: u64 = 1 << 35;
pub(crate) const CREATE_PRIVATE_THREADS: u64 = 1 << 36;
pub(crate) const SEND_MESSAGES_IN_THREADS: u64 = 1 << 38;
pub(crate) const PIN_MESSAGES: u64 = 1 << 51;

/// What everybody has in a server where nothing was changed, as far as a drill needs it.
pub(crate) const EVERYONE_BY_DEFAULT: u64 = VIEW_CHANNEL
    | SEND_MESSAGES
    | EMBED_LINKS
    | ATTACH_FILES
    | READ_MESSAGE_HISTORY
    | USE_APPLICATION_COMMANDS
    | CREATE_PUBLIC_THREADS
    | CREATE_PRIVATE_THREADS
    | SEND_MESSAGES_IN_THREADS;

/// A set of permissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Permissions(pub(crate) u64);

impl Permissions {
    pub(crate) fn has(self, all_of: u64) -> bool {
        self.0 & all_of == all_of
    }
}

/// The permissions of `who` in a channel; none for a channel or server that they are not in.
pub(crate) fn of(world: &World, who: Id, channel: Id) -> Permissions {
    let Some(channel) = world.channels.get(&channel) else { return Permissions(0) };
    let Some(guild) = channel.guild else {
        let inside = channel.recipient == Some(who) || (who == world.bot() && channel.kind != Kind::GroupDm);
        return Permissions(if inside { EVERYONE_BY_DEFAULT } else { 0 });
    };
    let guild = &world.guilds[&guild];
    if !guild.members.contains(&who) || (who == world.bot() && !guild.available) {
        return Permissions(0);
    }
    if who == world.app.owner {
        return Permissions(u64::MAX >> 1);
    }
    let is_bot = who == world.bot();
    let roles = if is_bot { &guild.roles[..2] } else { &guild.roles[..1] };
    let mut set = roles.iter().fold(0, |set, role| set | role.permissions);
    if guild.managers.contains(&who) {
        set |= MANAGE_GUILD;
    }
    let place = channel.parent.and_then(|parent| world.channels.get(&parent)).unwrap_or(channel);
    let applying = |pass: u8| {
        place.overwrites.iter().filter(move |over| match pass {
            0 => over.whose == guild.id,
            1 => !over.is_member && over.whose != guild.id && is_bot,
            _ => over.is_member && over.whose == who,
        })
    };
    for pass in 0..3 {
        let deny = applying(pass).fold(0, |deny, over| deny | over.deny);
        let allow = applying(pass).fold(0, |allow, over| allow | over.allow);
        set = (set & !deny) | allow;
    }
    // Who does not see a channel can do nothing in it.
    Permissions(if set & VIEW_CHANNEL == 0 { 0 } else { set })
}
