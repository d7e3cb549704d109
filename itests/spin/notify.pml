/*
 * The notify/accept protocol of an event loop (rules E1, E2, E3).
 *
 * One owner waits on a notifier; POSTERS other threads each post one entry to
 * the inbox and wake the owner if it prepares to wait or waits. The owner must
 * take every entry: if it sleeps while an entry is in the inbox and nobody is
 * left to wake it, the end state is invalid and SPIN reports it.
 *
 * Build with one of these to get a wrong protocol, which SPIN must refute:
 *   -DBUG_CHECK_FIRST   the inbox is read before notify_me is set
 *   -DBUG_DISPATCHING   the wake rule is "nobody is dispatching", decided by a
 *                       second thread that runs callbacks of the same context
 *   -DBUG_NO_RECHECK    the inbox is not read between arming and sleeping
 *
 * That the inbox is read after arming is what makes the protocol indifferent
 * to when the notifier is cleared (E3): -DLATE_CLEAR clears it after the inbox
 * was taken, and must hold as well.
 */
#ifndef POSTERS
#define POSTERS 3
#endif

byte inbox;        /* entries posted and not taken */
byte taken;        /* entries taken by the owner */
bit  notify_me;    /* the owner prepares to wait or waits */
bit  notifier;     /* the eventfd: set or clear */
byte dispatching;  /* threads that run callbacks, for BUG_DISPATCHING */

inline wake_if_needed() {
#ifdef BUG_DISPATCHING
    if
    :: dispatching == 0 -> notifier = 1
    :: else -> skip
    fi
#else
    if
    :: notify_me -> notifier = 1
    :: else -> skip
    fi
#endif
}

active [POSTERS] proctype poster() {
    inbox++;
    wake_if_needed()
}

#ifdef BUG_DISPATCHING
active proctype other_dispatcher() {
    dispatching++;
    dispatching--
}
#endif

active proctype owner() {
    byte n;
    bit go;
    do
    :: taken == POSTERS -> break
    :: else ->
#ifdef BUG_CHECK_FIRST
        go = (inbox > 0);
        notify_me = 1;
#else
        notify_me = 1;
#ifndef BUG_NO_RECHECK
        go = (inbox > 0);
#endif
#endif
        if
        :: go -> skip
        :: else -> notifier == 1      /* sleep */
        fi;
#ifndef LATE_CLEAR
        notifier = 0;
        notify_me = 0;
#endif
        atomic { n = inbox; inbox = 0 };
#ifdef LATE_CLEAR
        notifier = 0;
        notify_me = 0;
#endif
        taken = taken + n
    od
}
