using System.Xml.Linq;
using ClipTransfer.Plots;
using ClipTransfer.Results;
using ClipTransfer.Runtime;

namespace ClipTransfer.Tests.Plots;

public class FigureFilesTests
{
    [Fact]
    public void A_saved_figure_is_an_SVG_drawing_and_its_data()
    {
        using var folder = new TemporaryFolder();
        var session = NotebookSession.Open("02", "quick", 0, "", folder.Path);
        var figure = Plot.Lines("t", new Axis("x"), new Axis("y"), [new Series("a", [1, 2], [3, 4])], "c");
        Assert.Same(figure, figure.Save(session, "loss"));
        Assert.Equal("svg", XDocument.Load(Path.Combine(folder.Path, "figures", "02-loss.svg")).Root!.Name.LocalName);
        Assert.Equal(figure.Csv, File.ReadAllText(Path.Combine(folder.Path, "figures", "02-loss.csv")));
        Assert.Throws<InputException>(() => figure.Save(session, "../up"));
    }

    [Fact]
    public void A_figure_of_real_data_does_not_replace_that_of_scenes()
    {
        using var folder = new TemporaryFolder();
        var figure = Plot.Lines("t", new Axis("x"), new Axis("y"), [new Series("a", [1, 2], [3, 4])], "c");
        figure.Save(NotebookSession.Open("02", "quick", 0, folder.Path, folder.Path), "loss");
        Assert.Equal([Path.Combine(folder.Path, "figures", "data", "02-loss.csv"), Path.Combine(folder.Path, "figures", "data", "02-loss.svg")],
            Directory.GetFiles(Path.Combine(folder.Path, "figures"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal));
    }
}
