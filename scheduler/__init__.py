"""Everything about time: opening hours, seats, booking, moving, reminders, the outbox and the ticker."""
