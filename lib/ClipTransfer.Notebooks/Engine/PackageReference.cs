namespace ClipTransfer.Notebooks.Engine;

/// <summary>A package that a cell asks for by <c>#r "nuget: Name, 1.2.3"</c>.</summary>
/// <param name="Name">The package's id.</param>
/// <param name="Version">An exact version.</param>
/// <param name="Line">The line in the cell, from 1.</param>
public sealed record PackageReference(string Name, string Version, int Line);
