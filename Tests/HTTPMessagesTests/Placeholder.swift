// HTTPMessages
