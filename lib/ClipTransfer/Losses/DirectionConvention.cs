namespace ClipTransfer.Losses;

/// <summary>How the image-to-text and the text-to-image cross-entropy become one number.</summary>
/// <remarks>
/// The paper adds the two ([R], Section 3 of the paper), the public CLIP and CyCLIP code averages them [S]. Both have the same
/// minimiser; but next to a regulariser λR the sum weighs R half as much, and a learning rate of plain SGD doubles.
/// </remarks>
public enum DirectionConvention
{
    /// <summary>(image→text + text→image)/2, as CLIP's and CyCLIP's code does. The default here: losses at chance are ln B.</summary>
    Mean,

    /// <summary>image→text + text→image, as the paper writes it: losses at chance are 2 ln B.</summary>
    Sum,
}
