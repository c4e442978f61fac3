namespace ClipTransfer.Data;

/// <summary>The words of the scenes: names of what is shared, and stock phrases of what only captions hold.</summary>
public static class SceneVocabulary
{
    /// <summary>Classes of the shared feature: 8 shapes × 8 colours.</summary>
    public const int Classes = Shapes * Colours;

    /// <summary>How many shapes.</summary>
    public const int Shapes = 8;

    /// <summary>How many colours.</summary>
    public const int Colours = 8;

    /// <summary>Words for each shape; the first is the class name, the others are synonyms.</summary>
    public static IReadOnlyList<IReadOnlyList<string>> ShapeWords { get; } =
    [
        ["circle", "disc"], ["square", "box"], ["triangle", "wedge"], ["star", "pentagram"],
        ["cross", "plus"], ["heart", "valentine"], ["crescent", "moon"], ["arrow", "pointer"],
    ];

    /// <summary>Words for each colour; the first is the class name, the others are synonyms.</summary>
    public static IReadOnlyList<IReadOnlyList<string>> ColourWords { get; } =
    [
        ["red", "crimson", "scarlet"], ["orange", "amber", "tangerine"], ["yellow", "lemon", "golden"], ["green", "emerald", "leafy"],
        ["blue", "azure", "navy"], ["purple", "violet", "plum"], ["pink", "rosy", "magenta"], ["black", "ebony", "inky"],
    ];

    /// <summary>Words for each texture.</summary>
    public static IReadOnlyList<string> TextureWords { get; } = ["plain", "striped", "dotted", "chequered", "ringed", "netted", "rimmed", "halved"];

    /// <summary>Sentence patterns: {0} colour, {1} shape. The articles are set right afterwards.</summary>
    public static IReadOnlyList<string> Wordings { get; } =
    [
        "a {0} {1}", "a picture of a {0} {1}", "there is a {0} {1}", "the {1} is {0}", "this {1} is {0}", "somebody drew a {0} {1}",
        "a {1} painted {0}", "you can see a {0} {1}", "look at the {0} {1}", "one {0} {1} and nothing else", "a {1} that is {0}", "here we have a {0} {1}",
    ];

    /// <summary>Remarks on what no picture shows, by topic: weather, time, mood, hearsay.</summary>
    public static IReadOnlyList<IReadOnlyList<string>> Remarks { get; } =
    [
        [
            "it rained all day", "the sun was out", "snow fell outside", "a warm wind blew", "fog hung over the town", "thunder rolled far away",
            "the sky cleared up", "hail hit the roof",
        ],
        [
            "on monday morning", "late on friday", "before breakfast", "shortly after lunch", "around midnight", "last summer", "during the holidays",
            "early in march",
        ],
        [
            "i felt happy", "we were tired", "everyone stayed calm", "nobody was in a hurry", "she seemed bored", "he was in love", "they were proud",
            "my sister laughed",
        ],
        [
            "the bus was late", "tea was cheap that week", "the radio played jazz", "our neighbour sold his car", "the train had gone",
            "a letter came from abroad", "the soup needed salt", "the team had won again",
        ],
    ];

    /// <summary>Prompt templates for things (<c>red circle</c>, <c>circle</c>).</summary>
    public static IReadOnlyList<string> ThingTemplates { get; } =
        ["a {0}", "a picture of a {0}", "there is a {0}", "somebody drew a {0}", "you can see a {0}", "look at the {0}"];

    /// <summary>Prompt templates for properties (<c>red</c>, <c>striped</c>).</summary>
    public static IReadOnlyList<string> PropertyTemplates { get; } =
        ["a {0} shape", "a picture of a {0} thing", "there is something {0}", "it is {0}", "you can see a {0} thing", "look at the {0} one"];

    /// <summary>The class of a shape and a colour: 8 × shape + colour.</summary>
    public static int ClassOf(SceneShape shape, SceneColour colour) => ((int)shape * Colours) + (int)colour;

    /// <summary>The class's name: colour, then shape, as in <c>red circle</c>.</summary>
    public static string ClassName(int label) => $"{ColourWords[label % Colours][0]} {ShapeWords[label / Colours][0]}";

    /// <summary>Puts <c>an</c> where <c>a</c> stands before a vowel, as a speaker would.</summary>
    public static string WithArticles(string text)
    {
        var words = text.Split(' ');
        for (var i = 0; i + 1 < words.Length; i++)
            if (words[i] == "a" && words[i + 1].Length > 0 && "aeiou".Contains(words[i + 1][0], StringComparison.Ordinal)) words[i] = "an";
        return string.Join(' ', words);
    }
}
