"""The reviewer's guides, cSDRG and ADRG: one content, as PDF and as DOCX."""
