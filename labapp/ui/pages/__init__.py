"""The pages of the window, one file each; `page.Page` is what they share."""
