namespace ClipTransfer.Notebooks.Reports;

/// <summary>How reports are written.</summary>
/// <param name="Static">Figures as drawings and no script at all: for print, e-mail and archives.</param>
/// <param name="OneFile">Also <c>all.html</c>, every notebook in one file.</param>
/// <param name="Title">The title of the collection.</param>
public sealed record ReportOptions(bool Static = false, bool OneFile = false, string Title = "ClipTransfer");
