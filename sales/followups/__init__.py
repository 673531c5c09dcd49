"""What is to be done for whom and when: care after a sale, reminders, own tasks, calendar."""
