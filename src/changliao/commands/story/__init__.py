"""The opening story, played on a running network through its doors. See docs/story.md."""
