"""SMTP, in and out."""
